import { scriptOptions } from '../script-options.ts';

export interface TortureOptions {
  readonly kills: number;
  readonly seed: number;
  /** How many apps. */
  readonly apps: number;
  /** How many versions are deployed one after the other, instead of kills; 0 for kills. */
  readonly redeploys: number;
  /** How many of them are broken. */
  readonly broken: number;
  readonly help: boolean;
}

export const usage = `Kills the platform at random moments while it works, and checks that nothing acknowledged is lost.

  npm run torture -- [--kills N] [--seed N] [--apps N]
  npm run torture -- --redeploys N [--broken N] [--seed N]

  --kills N  how many times localpaas or its nats-server is killed with SIGKILL (default 200)
  --seed N   what is done and when it is killed; a run says which seed it has (default: another one each time)
  --apps N   apps of the platform; each time one of them is changed and the others must not notice (default 3)
  --redeploys N  instead, so many versions of one app are deployed while 50 requests come each second: each must be
             answered with 200, by the version that serves or, for a moment, by the one before it
  --broken N how many of these versions do not start, or die in their first seconds (default: a tenth of them)
  --help     this text

All the while variables are set, apps are scaled and pushed. What a command or the API acknowledged is read back after
each recovery and compared byte for byte. Exit code 1 says that something was lost; the home is kept then.`;

const accepted = {
  kills: { type: 'string', default: '200' },
  seed: { type: 'string' },
  apps: { type: 'string', default: '3' },
  redeploys: { type: 'string', default: '0' },
  broken: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const { count, read } = scriptOptions('torture');

/** @param anySeed used when the arguments name none @throws ActionableError USAGE */
export function parseOptions(args: readonly string[], anySeed: number): TortureOptions {
  const values = read(args, accepted);
  const redeploys = count('--redeploys', values.redeploys, 0);
  return {
    kills: count('--kills', values.kills, 1),
    seed: count('--seed', values.seed ?? String(anySeed), 0),
    apps: count('--apps', values.apps, 1),
    redeploys,
    broken: count('--broken', values.broken ?? String(Math.floor(redeploys / 10)), 0),
    help: values.help,
  };
}
