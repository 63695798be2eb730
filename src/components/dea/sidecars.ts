import type { StartRequest } from '#contract/dea.ts';
import { cronJobsOf, cronScript } from '#workload/cron/index.ts';
import { startCommandVariable } from '#workload/lifecycle/launcher/index.ts';
import { turnFileIn } from './cron-turn.ts';

/** A program that runs beside an app, in the same instance. */
export interface Sidecar {
  readonly name: string;
  readonly command: string;
  /** Of the instance's memory, as far as somebody said it. */
  readonly memoryMb?: number;
}

type Wanted = Pick<StartRequest, 'sidecars' | 'cron'>;

/**
 * What runs the lines of a crontab is one of ours.
 * @param directory of the instance
 * @throws ActionableError BAD_INPUT for a line that is none
 */
export function sidecarsOf({ sidecars, cron }: Wanted, directory: string): Sidecar[] {
  const asked = sidecarsNamedIn({ sidecars });
  const jobs = cronJobsOf(cron ?? []);
  return jobs.length === 0 ? asked : [...asked, { name: cronName, command: cronScript(jobs, turnFileIn(directory)) }];
}

/** Without the one of ours. */
export function sidecarsNamedIn({ sidecars }: Pick<Wanted, 'sidecars'>): Sidecar[] {
  return (sidecars ?? []).map(({ name, command, memory }) => {
    return { name, command, ...(memory == null ? {} : { memoryMb: memory }) };
  });
}

/** In the same order. */
export function sidecarNamesOf({ sidecars, cron }: Wanted): string[] {
  const names = (sidecars ?? []).map(({ name }) => name);
  return (cron ?? []).length === 0 ? names : [...names, cronName];
}

const cronName = 'cron';

/** What is left of an instance's memory for the app itself; all of it where sidecars claim more than there is. */
export function ownMemoryMb(memoryMb: number, sidecars: readonly Sidecar[]): number {
  const left = sidecars.reduce((rest, sidecar) => rest - (sidecar.memoryMb ?? 0), memoryMb);
  return left > 0 ? left : memoryMb;
}

/**
 * Becomes a sidecar, in the environment and the directory of the app: bash, in the directory of the instance. $1 is the
 * command, $2 its memory. A droplet without a launcher has a `startup` that sets its variables first, one on each line, and
 * then goes to where the app lies.
 */
export const sidecarScript = [
  `unset ${startCommandVariable}`,
  '[ -z "$2" ] || export MEMORY_LIMIT="$2"',
  'if [ -e .launcher ]; then',
  '  export TMPDIR="$PWD/tmp"',
  `  export INSTANCE_GUID="\${INSTANCE_GUID:-\${CF_INSTANCE_GUID:-}}" INSTANCE_INDEX="\${INSTANCE_INDEX:-\${CF_INSTANCE_INDEX:-0}}"`,
  `  exec bash ./.launcher app "$1" ''`,
  'fi',
  `eval "$(sed -n -e '/^cd /{p;q;}' -e '/^export /p' -e '/^unset /p' startup)"`,
  'exec bash -c "$1"',
].join('\n');
