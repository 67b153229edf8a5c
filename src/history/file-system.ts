import { closeSync, fsyncSync, openSync, statfsSync } from 'node:fs'

/** File systems whose locks and appends are not to be trusted between hosts, by the magic number of statfs(2). */
const NETWORK: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB2',
  1702057286: 'FUSE (sshfs, a shared folder of a virtual machine, …)',
  16914839: '9P',
  12805120: 'Ceph',
  198183888: 'Lustre',
  1196443219: 'GPFS',
  1397113167: 'AFS',
  1937076805: 'Coda',
}

/** The type that statfs(2) gives for a path; throws where it cannot be told. */
const typeByStatfs = (path: string): number => statfsSync(path).type

/** The name of the network file system that a path lies on; undefined on a local one, or where it cannot be told. */
export function networkFileSystem(
  path: string,
  typeOf: (path: string) => number = typeByStatfs,
): string | undefined {
  try {
    // Some systems give the number with its sign.
    return NETWORK[typeOf(path) >>> 0]
  } catch {
    return undefined
  }
}

/** The calls that make a directory durable. */
export interface DirectoryCalls {
  open(path: string): number
  sync(fd: number): void
}

const SYSTEM: DirectoryCalls = { open: (path) => openSync(path, 'r'), sync: fsyncSync }

const failedWith = (error: unknown, codes: readonly string[]) =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '')

/** Makes the entries of a directory durable. Systems that cannot open a directory keep them by themselves. */
export function syncDirectory(path: string, calls: DirectoryCalls = SYSTEM): void {
  let fd: number
  try {
    fd = calls.open(path)
  } catch (error) {
    if (failedWith(error, ['EISDIR', 'EPERM', 'EACCES'])) return
    throw error
  }
  try {
    calls.sync(fd)
  } catch (error) {
    if (!failedWith(error, ['EPERM', 'EINVAL', 'EBADF'])) throw error
  } finally {
    closeSync(fd)
  }
}
