import { AlphaloopError } from '../base/errors.js'

/** What the operating system's codes mean, and whether the surroundings or the given path are at fault. */
const CODES: Record<string, { readonly kind: 'environment' | 'usage'; readonly text: string }> = {
  ENOSPC: { kind: 'environment', text: 'there is no space left on the device' },
  EDQUOT: { kind: 'environment', text: 'the disk quota is used up' },
  EACCES: { kind: 'environment', text: 'permission is denied' },
  EPERM: { kind: 'environment', text: 'the operation is not permitted' },
  EROFS: { kind: 'environment', text: 'the file system is read-only' },
  EMFILE: { kind: 'environment', text: 'too many files are open' },
  ENFILE: { kind: 'environment', text: 'too many files are open on this machine' },
  EIO: { kind: 'environment', text: 'the device reports an input/output error' },
  EBUSY: { kind: 'environment', text: 'something else is using it' },
  ENOENT: { kind: 'usage', text: 'there is no such file or folder' },
  ENOTDIR: { kind: 'usage', text: 'a part of the path is a file, not a folder' },
  EEXIST: { kind: 'usage', text: 'something of that name stands in the way' },
  EISDIR: { kind: 'usage', text: 'it is a folder' },
  ENAMETOOLONG: { kind: 'usage', text: 'the name is too long' },
  ELOOP: { kind: 'usage', text: 'its links lead in a circle' },
}

/** The error of a system call in words; undefined where the thrown thing is none. */
export function systemError(
  thrown: unknown,
  given: { readonly path?: string; readonly code?: string; readonly hint?: string } = {},
): AlphaloopError | undefined {
  const { code, path } = (thrown ?? {}) as NodeJS.ErrnoException
  const meaning = code === undefined ? undefined : CODES[code]
  if (meaning === undefined) return undefined
  const place = given.path ?? path
  return new AlphaloopError(
    meaning.kind,
    given.code ?? code!,
    `${place ? `${place}: ` : ''}${meaning.text}`,
    {
      hint:
        given.hint ??
        (meaning.kind === 'usage'
          ? 'check the path'
          : 'mend it and start the command again; a run goes on where it stopped'),
      details: { ...(place ? { path: place } : {}), cause: code },
      cause: thrown,
    },
  )
}
