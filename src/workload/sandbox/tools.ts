import { join } from 'node:path';
import { absoluteIn, isProgram } from '#ground/programs.ts';

/** Programs that sandboxes are made with, by name. All but bubblewrap are parts of util-linux, coreutils, mount and bash. */
const names = [
  'bwrap',
  'unshare',
  'nsenter',
  'setpriv',
  'prlimit',
  'mount',
  'umount',
  'pivot_root',
  'bash',
  'env',
  'nice',
] as const;
type ToolName = (typeof names)[number];

/** Absolute paths of those that are there. */
export type Tools = Readonly<Partial<Record<ToolName, string>>>;

/** Where they are, also when the PATH is that of a service manager or of an ordinary user. */
const usualDirectories = ['/usr/bin', '/usr/sbin', '/bin', '/sbin', '/usr/local/bin'];

/** @param path a PATH */
export function findTools(path: string): Tools {
  const directories = [...usualDirectories, ...absoluteIn(path)];
  const found = names.flatMap((name) => {
    const program = directories.map((directory) => join(directory, name)).find(isProgram);
    return program === undefined ? [] : [[name, program] as const];
  });
  return Object.fromEntries(found);
}

/** A kind of sandbox needs a program that this machine does not have. */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing';
}

/** @throws ToolMissing */
export function tool(tools: Tools, name: ToolName): string {
  const path = tools[name];
  if (path === undefined) throw new ToolMissing(`there is no program ${name}`);
  return path;
}
