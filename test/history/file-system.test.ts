import { fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { networkFileSystem, syncDirectory } from '../../src/history/file-system.js'
import { temporaryFolder } from './support.js'

const failing = (code: string) => () => {
  throw Object.assign(new Error(code), { code })
}

describe('a network file system', () => {
  test.each([
    ['NFS', 0x6969],
    ['SMB', 0x517b],
    ['CIFS', 0xff534d42],
    ['SMB2', 0xfe534d42],
    ['9P', 0x01021997],
    ['Ceph', 0x00c36400],
    ['Lustre', 0x0bd00bd0],
    ['GPFS', 0x47504653],
    ['AFS', 0x5346414f],
    ['Coda', 0x73757245],
  ])('%s is known by the number of statfs(2)', (name, type) => {
    expect(networkFileSystem('/run', () => type)).toBe(name)
  })

  test('FUSE says what may stand behind it', () => {
    expect(networkFileSystem('/run', () => 0x65735546)).toContain('sshfs')
  })

  test('is known by a number with a sign, too', () => {
    expect(networkFileSystem('/run', () => 0xff534d42 | 0)).toBe('CIFS')
  })

  test('is not seen in ext4, tmpfs, XFS, Btrfs, ZFS, APFS, or where the system does not tell', () => {
    for (const type of [0xef53, 0x01021994, 0x58465342, 0x9123683e, 0x2fc12fc1, 0x1a])
      expect(networkFileSystem('/run', () => type)).toBeUndefined()
    expect(networkFileSystem('/run', failing('ENOSYS'))).toBeUndefined()
    expect(networkFileSystem(temporaryFolder())).toBeUndefined()
    expect(networkFileSystem('/no/such/place')).toBeUndefined()
  })
})

describe('making a directory durable', () => {
  test('syncs the directory itself and gives its descriptor back', () => {
    const folder = temporaryFolder()
    const synced: [number, boolean][] = []
    const open = (path: string) => openSync(path, 'r')
    syncDirectory(folder, { open, sync: (fd) => synced.push([fd, fstatSync(fd).isDirectory()]) })
    expect(synced).toEqual([[expect.any(Number), true]])
    expect(() => fstatSync(synced[0]![0])).toThrow('EBADF')
  })

  test.each(['EISDIR', 'EPERM', 'EACCES'])('is left to a system that cannot open one (%s)', (code) => {
    let syncs = 0
    syncDirectory('/run', { open: failing(code), sync: () => syncs++ })
    expect(syncs).toBe(0)
  })

  test.each(['EPERM', 'EINVAL', 'EBADF'])('is left to a system that cannot sync one (%s)', (code) => {
    let opened = -1
    const open = (path: string) => {
      opened = openSync(path, 'r')
      return opened
    }
    syncDirectory(temporaryFolder(), { open, sync: failing(code) })
    expect(() => fstatSync(opened)).toThrow('EBADF')
  })

  test('fails where the disk fails, and where there is no such directory', () => {
    let opened = -1
    const open = (path: string) => {
      opened = openSync(path, 'r')
      return opened
    }
    expect(() => syncDirectory(temporaryFolder(), { open, sync: failing('EIO') })).toThrow('EIO')
    expect(() => fstatSync(opened)).toThrow('EBADF')
    expect(() => syncDirectory(join(temporaryFolder(), 'none'))).toThrow('ENOENT')
  })
})
