import { scriptOptions } from '../script-options.ts';

export interface RotOptions {
  readonly rounds: number;
  readonly seed: number;
  /** The only round that is run, for a closer look; all of them when absent. */
  readonly only: number | undefined;
  /** An executable to run in place of the checkout's bundle. */
  readonly program: string | undefined;
  readonly help: boolean;
}

export const usage = `Damages the files of a platform that is down, and checks that it comes up with everything that can be had.

  npm run rot -- [--rounds N] [--seed N] [--only N] [--program FILE]

  --rounds N      how often a copy of a home is damaged and started (default 200)
  --seed N        what is damaged and how; a run says which seed it has (default: another one each time)
  --only N        runs this round alone, and keeps its home
  --program FILE  an executable to run (default: the bundle in dist/)
  --help          this text

Each round takes one of two homes: one of a platform that was stopped, and one of a platform that was killed a moment
after its last changes, so that its newest snapshot is behind. Bits are flipped; files are cut, emptied, deleted and
overwritten. Then \`up\` has to come up in time, with the desired state as it was acknowledged or, for what is damaged, at
worst as it was in the newest good snapshot. Whatever differs must have been said, and where nothing was spoiled nothing
may be said. Exit code 1 says that a round failed; its home is kept then.`;

const accepted = {
  rounds: { type: 'string', default: '200' },
  seed: { type: 'string' },
  only: { type: 'string' },
  program: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const { count, read } = scriptOptions('rot');

/** @param anySeed used when the arguments name none @throws ActionableError USAGE */
export function parseOptions(args: readonly string[], anySeed: number): RotOptions {
  const values = read(args, accepted);
  return {
    rounds: count('--rounds', values.rounds, 1),
    seed: count('--seed', values.seed ?? String(anySeed), 0),
    only: values.only === undefined ? undefined : count('--only', values.only, 1),
    program: values.program,
    help: values.help,
  };
}
