import { type AlphaloopError, environmentError } from '../base/errors.js'

const CAUSES: Readonly<Record<string, readonly [code: string, what: string, hint: string]>> = {
  ENOSPC: ['HISTORY_NO_SPACE', 'no space is left on its disk', 'free some space, then run again: it resumes'],
  EDQUOT: [
    'HISTORY_QUOTA',
    'the disk quota is used up',
    'free some space or raise the quota, then run again',
  ],
  EACCES: [
    'HISTORY_NO_PERMISSION',
    'permission is denied',
    'check the owner and mode of the file and its folder',
  ],
  EPERM: [
    'HISTORY_NO_PERMISSION',
    'the operation is not permitted',
    'check the owner, mode and attributes of the file and its folder',
  ],
  EROFS: [
    'HISTORY_READ_ONLY',
    'its file system is read-only',
    'choose a run directory on a disk that can be written',
  ],
  EISDIR: [
    'HISTORY_IS_DIRECTORY',
    'a directory stands in its place',
    'move the directory or name another run directory',
  ],
  ENOTDIR: ['HISTORY_NO_FOLDER', 'a file stands where its folder should be', 'name another run directory'],
  EEXIST: ['HISTORY_NO_FOLDER', 'a file stands where its folder should be', 'name another run directory'],
  EFBIG: ['HISTORY_TOO_LARGE', 'the file may not grow any further', 'raise the file size limit (ulimit -f)'],
  ENOENT: ['HISTORY_MISSING', 'there is no such file', 'check the path of the run directory'],
}

/** The typed error for what the file system said about a history; an AlphaloopError stays what it is. */
export function historyError(
  path: string,
  doing: string,
  cause: unknown,
  details: Record<string, unknown> = {},
): AlphaloopError {
  const errno = (cause as NodeJS.ErrnoException).code ?? 'EIO'
  const message = cause instanceof Error ? cause.message : String(cause)
  const [code, what, hint] = CAUSES[errno] ?? [
    'HISTORY_IO',
    message,
    'check the disk, then run again: it resumes',
  ]
  const error = environmentError(code, `cannot ${doing} ${path}: ${what}`, hint, { path, errno, ...details })
  error.cause = cause
  return error
}

export const notAHistory = (path: string, why: string) =>
  environmentError(
    'HISTORY_NOT_A_HISTORY',
    `${path} is not an iteration history: ${why}`,
    'name another run directory; records of an older format come in by `alphaloop history import`',
    { path },
  )
