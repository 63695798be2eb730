import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** Whether this machine can be reached at an IP address; those that stand for all or for itself always can. */
export function hasAddress(
  address: string,
  interfaces: NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, 'address'>[]> = networkInterfaces(),
): boolean {
  if (address === '0.0.0.0' || address === '::' || address === '::1' || address.startsWith('127.')) return true;
  return Object.values(interfaces).some((all) => all?.some((each) => each.address === address));
}
