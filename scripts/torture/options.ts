import { scriptOptions } from '../script-options.ts';

export interface TortureOptions {
  readonly kills: number;
  readonly seed: number;
  /** How many apps. */
  readonly apps: number;
  readonly help: boolean;
}

export const usage = `Kills the platform at random moments while it works, and checks that nothing acknowledged is lost.

  npm run torture -- [--kills N] [--seed N] [--apps N]

  --kills N  how many times localpaas or its nats-server is killed with SIGKILL (default 200)
  --seed N   what is done and when it is killed; a run says which seed it has (default: another one each time)
  --apps N   apps of the platform; each time one of them is changed and the others must not notice (default 3)
  --help     this text

All the while variables are set, apps are scaled and pushed. What a command or the API acknowledged is read back after
each recovery and compared byte for byte. Exit code 1 says that something was lost; the home is kept then.`;

const accepted = {
  kills: { type: 'string', default: '200' },
  seed: { type: 'string' },
  apps: { type: 'string', default: '3' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const { count, read } = scriptOptions('torture');

/** @param anySeed used when the arguments name none @throws ActionableError USAGE */
export function parseOptions(args: readonly string[], anySeed: number): TortureOptions {
  const values = read(args, accepted);
  return {
    kills: count('--kills', values.kills, 1),
    seed: count('--seed', values.seed ?? String(anySeed), 0),
    apps: count('--apps', values.apps, 1),
    help: values.help,
  };
}
