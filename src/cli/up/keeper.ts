import { join } from 'node:path';
import type { Home } from '#assembly/home.ts';
import { type Child, startChild } from '#ground/child.ts';
import { readIfThere, replaceFile } from '#ground/files.ts';

export const shell = '/bin/sh';

/**
 * A shell between the process the user started and the platform that runs now. It holds the listening socket, starts
 * the next platform on SIGUSR1 while the last one still runs, passes signals on to the newest, and ends as that ends.
 * However often a platform is upgraded there is one such shell, of some 2 MB.
 *
 * Parameters: the files of `filesIn`, the pid of who starts it, then program and arguments.
 */
const script = `
unset LOCALPAAS_SCRIPT
report=$1; life=$2; predecessor=$3; shift 3
now= old=
rm -f "$life"; mkfifo "$life" 2>/dev/null && exec 5<>"$life" # whoever reads it learns of our end
exec 4<&0 # a shell gives what it starts in the background no input
start() {
  LISTEN_FDS=1 LISTEN_FDNAMES=router LOCALPAAS_KEEPER=$$ LOCALPAAS_PREDECESSOR=$predecessor \\
    sh -c 'LISTEN_PID=$$; export LISTEN_PID; exec "$0" "$@"' "$@" <&4 4<&- 5<&- &
  now=$!
  echo "$now" >"$report"
}
for signal in HUP INT TERM USR2; do trap "kill -s $signal \\$now 2>/dev/null" "$signal"; done
trap 'old=$now; predecessor=$now; start "$@"' USR1
start "$@"
while :; do
  awaited=$now
  wait "$awaited"; status=$?
  if [ "$awaited" != "$now" ]; then continue; fi
  if [ "$status" -ne 127 ] && kill -s 0 "$now" 2>/dev/null; then continue; fi
  echo "$now $status" >"$report"
  if [ -n "$old" ] && kill -s 0 "$old" 2>/dev/null; then now=$old; old=; continue; fi
  rm -f "$life"
  exit "$status"
done
`;

/** Variables by which a keeper and its platforms know each other. */
const keeperVariable = 'LOCALPAAS_KEEPER';
export const predecessorVariable = 'LOCALPAAS_PREDECESSOR';

export interface KeeperOptions {
  readonly home: Home;
  /** Program and arguments of the platform. */
  readonly command: readonly [string, ...string[]];
  /** Of the listening socket. */
  readonly descriptor: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts a keeper, and with it a platform that is to take over from this process. */
export async function startKeeper({ home, command, descriptor, env }: KeeperOptions): Promise<Child> {
  await forgetReport(home);
  const { report, life } = filesIn(home);
  return startChild({
    program: shell,
    // The script itself would fill the screen of whoever looks at the process table.
    args: ['-c', 'eval "$LOCALPAAS_SCRIPT"', 'localpaas-keeper', report, life, String(process.pid), ...command],
    env: { ...definedOf(env), LOCALPAAS_SCRIPT: script },
    stdio: ['inherit', 'inherit', 'inherit', descriptor],
    inOurGroup: true,
  });
}

/** Has the keeper that started this process start the next platform. */
export async function askKeeper(keeper: number, home: Home): Promise<void> {
  await forgetReport(home);
  process.kill(keeper, 'SIGUSR1');
}

/** The keeper that started this process. @param env of this process; changed */
export function takeKeeper(env: Record<string, string | undefined>): number | undefined {
  const keeper = Number(env[keeperVariable]);
  delete env[keeperVariable];
  return keeper > 0 && keeper === process.ppid ? keeper : undefined;
}

/** What a keeper tells of the platform it started last: its pid, and once it has ended its exit status. */
export async function reportIn(home: Home): Promise<{ pid: number; status: number | undefined } | undefined> {
  const [, pid, status] = /^(\d+)(?: (\d+))?\n$/.exec((await readIfThere(filesIn(home).report)) ?? '') ?? [];
  if (pid === undefined) return undefined;
  return { pid: Number(pid), status: status === undefined ? undefined : Number(status) };
}

async function forgetReport(home: Home): Promise<void> {
  await replaceFile(filesIn(home).report, '');
}

/** What a keeper writes its report to, and what it keeps open as long as it lives. */
export function filesIn(home: Home): { readonly report: string; readonly life: string } {
  const run = home.directoryOf('run');
  return { report: join(run, 'keeper'), life: join(run, 'keeper-life') };
}

export function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
}
