import { scriptOptions } from '../script-options.ts';
import { type DiskKind, diskKinds } from './disk.ts';

export interface PlugOptions {
  readonly rounds: number;
  readonly seed: number;
  /** The executable that is tried; the bundle of this checkout when absent. */
  readonly program?: string;
  /** The best that can be had when absent. */
  readonly disk?: DiskKind;
  readonly help: boolean;
}

export const usage = `Pulls the plug at random moments, and checks that the next start finds everything that was acknowledged.

  npm run plug -- [--rounds N] [--seed N] [--program FILE] [--disk KIND]

  --rounds N      how many power cuts, some of them followed by a second one (default 50)
  --seed N        what is done and when the power goes; a run says which seed it has (default: another one each time)
  --program FILE  an executable localpaas; without it the bundle in dist/, run by this Node
  --disk KIND     ext4: a file system of its own in a file, which the kernel stops at the cut. What fsync had not brought
                    to it is gone. Takes Linux, root and a loop device
                  strict: the same, but a file may take the place of another one before its content is written, as on
                    file systems that do not care for that as ext4 does
                  copy: the weaker form. The home is replaced by a copy made while everything stood still; what was
                    written is there, synced or not
                  Default: ext4 where it can be had, else copy
  --help          this text

A control at the beginning shows that the cuts do what they should. Exit code 1 says that something was lost; the home is
kept then.`;

const accepted = {
  rounds: { type: 'string', default: '50' },
  seed: { type: 'string' },
  program: { type: 'string' },
  disk: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const { count, misused, read } = scriptOptions('plug');

/** @param anySeed used when the arguments name none @throws ActionableError USAGE */
export function parseOptions(args: readonly string[], anySeed: number): PlugOptions {
  const { rounds, seed, program, disk, help } = read(args, accepted);
  if (program === '') throw misused('--program takes a file.');
  return {
    rounds: count('--rounds', rounds, 1),
    seed: count('--seed', seed ?? String(anySeed), 0),
    ...(program === undefined ? {} : { program }),
    ...(disk === undefined ? {} : { disk: kind(disk) }),
    help,
  };
}

function kind(text: string): DiskKind {
  const known = diskKinds.find((each) => each === text);
  if (known === undefined) throw misused(`--disk cannot be '${text}': it takes ${diskKinds.join(', ')}.`);
  return known;
}
