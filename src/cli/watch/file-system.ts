import { statfsSync } from 'node:fs';

/**
 * File systems that do not report what others change on them, by the numbers of statfs(2): changes made on the server, in
 * Windows or outside of the virtual machine are seen by looking only.
 */
const silent: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  22092: 'NCP',
  1397113167: 'AFS',
  1937076805: 'Coda',
  12805120: 'Ceph',
  16914839: '9p, as Windows drives have in WSL',
  1702057286: 'FUSE',
  2020557398: 'a shared folder of VirtualBox',
  3133910204: 'a shared folder of VMware',
  2088527475: 'a shared folder of Parallels',
};

/** What kind of silent file system a folder lies on; `undefined` for one that reports changes. */
export function silentFileSystemOf(folder: string): string | undefined {
  try {
    return silent[statfsSync(folder).type >>> 0];
  } catch {
    return undefined; // it is gone or may not be looked at, which is found out by whoever reads it
  }
}
