import { readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from './is-root.ts';

export interface Member {
  readonly name: string;
  readonly kind: 'directory' | 'file' | 'link' | 'other';
  /** Of a link: what it says. */
  readonly target?: string;
}

/** What a layout has to know of the machine. */
export interface Machine {
  /** Empty when there is no such directory, or nobody may look into it. */
  membersOf(directory: string): readonly Member[];
  /** What is at a path, links followed; a socket counts as a file. `undefined` when nothing is. */
  kindOf(path: string): 'directory' | 'file' | undefined;
  /** The path without links; the same one when nothing is there. */
  realPathOf(path: string): string;
}

export const thisMachine: Machine = {
  membersOf(directory) {
    try {
      return readdirSync(directory, { withFileTypes: true }).map((entry): Member => {
        const { name } = entry;
        if (entry.isSymbolicLink()) return { name, kind: 'link', target: readlinkSync(join(directory, name)) };
        return { name, kind: entry.isDirectory() ? 'directory' : entry.isFile() ? 'file' : 'other' };
      });
    } catch {
      return []; // not there, or not for us
    }
  },
  kindOf(path) {
    try {
      return statSync(path).isDirectory() ? 'directory' : 'file';
    } catch {
      return undefined; // the same
    }
  },
  realPathOf(path) {
    try {
      return realpathSync(path);
    } catch {
      return path; // the same
    }
  },
};

/** A machine where there is nothing at these paths. */
export function without(paths: ReadonlySet<string>, machine: Machine): Machine {
  const membersOf = (directory: string) =>
    machine.membersOf(directory).filter(({ name }) => !paths.has(join(directory, name)));
  return { ...machine, membersOf };
}

/** By these root could change the machine itself; nobody else may write there anyway. */
const settings = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs'].map((name) => join('/proc', name));

/** Parts of /proc that have to be read-only inside for whoever uses this machine now. */
export function settingsOfMachine(): string[] {
  return isRoot ? settings.filter((path) => thisMachine.kindOf(path) !== undefined) : [];
}
