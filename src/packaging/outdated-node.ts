import { executable } from './executable.ts';

/**
 * Whether the Node inside this executable gets no security fixes any more: Node 20, above all the 20.11 of 2024 for 32-bit
 * boards. Which Node runs a checkout is its owner's choice.
 * @param version as of `process.versions.node`
 */
export function isNodeOutdated(version: string, isCarried: boolean = executable() !== undefined): boolean {
  return isCarried && version.startsWith('20.');
}
