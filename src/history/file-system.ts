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

/** The name of the network file system that a path lies on; undefined on a local one, or where it cannot be told. */
export function networkFileSystem(path: string): string | undefined {
  try {
    // Some systems give the number with its sign.
    return NETWORK[Number(statfsSync(path).type) >>> 0]
  } catch {
    return undefined
  }
}

/** Makes the entries of a directory durable. Systems that cannot open a directory keep them by themselves. */
export function syncDirectory(path: string): void {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if (['EISDIR', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return
    throw error
  }
  try {
    fsyncSync(fd)
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    closeSync(fd)
  }
}
