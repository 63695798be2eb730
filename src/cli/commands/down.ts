import { homeOf, type PlatformRecord, readPlatformRecord } from '#assembly/home.ts';
import { signalProcess } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import type { Cli } from '../cli.ts';

export interface DownInput {
  readonly home: string | undefined;
  readonly keepApps: boolean;
  readonly json: boolean;
}

/** Apps get time to finish their requests; then there is a limit to patience. */
const limitMs = 40_000;

/** Stops the platform of this home. That none runs is fine: it is what was asked for. */
export async function run(cli: Cli, input: DownInput): Promise<number> {
  const home = homeOf(input.home ?? cli.home, cli.env);
  const record = await readPlatformRecord(home);
  if (record === undefined || !(await isAlive(record))) {
    tell(cli, input, { stopped: false }, `No localpaas runs with the home ${home.path}.`);
    return 0;
  }
  cli.progress.step(input.keepApps ? 'Stopping the platform, not the apps' : 'Stopping the apps and the platform');
  await stop(record, input.keepApps ? 'SIGUSR2' : 'SIGTERM', cli.signal);
  cli.progress.end();
  const next = input.keepApps
    ? 'Its apps keep running; the next `localpaas up` finds them.'
    : 'Its apps run again after the next `localpaas up`.';
  tell(cli, input, { stopped: true, pid: record.pid }, `localpaas (pid ${record.pid}) has stopped. ${next}`);
  return 0;
}

async function stop(record: PlatformRecord, signal: NodeJS.Signals, abort: AbortSignal): Promise<void> {
  signalProcess(record.pid, signal);
  const gone = async () => ((await isAlive(record)) ? undefined : true);
  try {
    await waitFor('its end', gone, { limitMs, everyMs: 20, signal: abort });
  } catch (cause) {
    abort.throwIfAborted();
    throw new ActionableError(
      'START_FAILED',
      `localpaas (pid ${record.pid}) is still there after ${limitMs / 1000} s.`,
      `Look at its log, or end it with \`kill -9 ${record.pid}\`: nothing that was acknowledged is lost by that.`,
      { cause },
    );
  }
}

function tell(cli: Cli, { json }: DownInput, facts: object, sentence: string): void {
  if (json) cli.out.json(facts);
  else cli.out.line(sentence);
}
