import { ActionableError } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import { GoFlagsEnd } from '../go-flags.ts';
import { checkInMode, type HealthcheckOptions, readHealthcheckOptions } from '../healthcheck/index.ts';
import { programOf, runsIn } from './action.ts';
import type { Recording } from './recording.ts';

/** How a recording tells whether its app is well. */
export type Monitor = Pick<HealthcheckOptions, 'uri' | 'timeoutMs'> & { readonly host: string; readonly port: string };

/** As cells ask: often until an app is well, then now and then. */
const startEveryMs = 500;
const laterEveryMs = 30_000;
const defaultStartTimeoutMs = 60_000;

/**
 * The healthcheck among a recording's monitor actions; undefined when there is none.
 * @param recordedPort becomes `port`
 */
export function monitorOf({ monitor }: Recording, recordedPort: number, port: number): Monitor | undefined {
  const runs = monitor === undefined ? [] : runsIn(monitor);
  const run = runs.find((each) => programOf(each) === 'healthcheck');
  if (run === undefined) return undefined;
  try {
    const options = readHealthcheckOptions(run.args);
    const asked = options.port === String(recordedPort) ? String(port) : options.port;
    return { host: '127.0.0.1', port: asked, uri: options.uri, timeoutMs: options.timeoutMs };
  } catch (error) {
    if (!(error instanceof GoFlagsEnd)) throw error;
    const [what = ''] = error.stderr.split('\n');
    const message = `The recorded healthcheck was called with something it does not know: ${what}.`;
    throw new ActionableError('BAD_INPUT', message, 'Take that argument out of the recording.', { cause: error });
  }
}

/**
 * Asks until the app is not well any more, or did not become so in time.
 * @param healthy called once
 * @throws ActionableError START_UNSUCCESSFUL; the signal's reason
 */
export async function watch(
  monitor: Monitor,
  startTimeoutMs: number,
  healthy: () => void,
  signal: AbortSignal,
): Promise<never> {
  const limitMs = startTimeoutMs > 0 ? startTimeoutMs : defaultStartTimeoutMs;
  const late = await checkInMode(monitor, { kind: 'startup', everyMs: startEveryMs, limitMs }, signal);
  signal.throwIfAborted();
  if (late !== undefined) throw unwell(late.message);
  healthy();
  await sleep(laterEveryMs, signal);
  const later = await checkInMode(monitor, { kind: 'liveness', everyMs: laterEveryMs }, signal);
  throw unwell(later?.message ?? 'it does not answer');
}

function unwell(reason: string): ActionableError {
  return new ActionableError(
    'START_UNSUCCESSFUL',
    `The app is not well: ${reason}`,
    'Look at what it printed; it has to listen on the port that PORT names.',
  );
}
