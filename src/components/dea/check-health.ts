import { connect } from 'node:net';
import { call } from '#ground/http-client.ts';
import { sleep } from '#ground/wait.ts';
import type { HealthCheck } from './instance-record.ts';

export interface Probe {
  readonly port: number;
  readonly check: HealthCheck;
  /** ms left until the instance must be ready. */
  readonly limitMs: number;
  /** Ends the wait, with its reason. */
  readonly signal: AbortSignal;
  /** Whether it is really this instance that listens there. */
  readonly isOurs: () => Promise<boolean>;
}

/**
 * Waits until an instance is ready. @returns whether it became ready in time
 * @throws the signal's reason
 */
export async function becomesReady({ port, check, limitMs, signal, isOurs }: Probe): Promise<boolean> {
  if (check.type === 'process') return true;
  const startedAt = performance.now();
  const isReady = async () =>
    (await isOurs()) && (check.type === 'port' || (await answers(port, check.endpoint, signal)) === 200);
  for (;;) {
    signal.throwIfAborted();
    const isAccepted = await accepts(port);
    if (isAccepted && (await isReady())) return true;
    const passedMs = performance.now() - startedAt;
    if (passedMs >= limitMs) return false;
    // To look closer costs more than to try, and is not done so often.
    const pauseMs = isAccepted ? 50 : pauseAfter(passedMs);
    await sleep(Math.min(pauseMs, limitMs - passedMs), signal);
  }
}

/** Most apps are ready within a second, where 2 ms cost next to nothing; for the slow ones it need not be so exact. */
function pauseAfter(passedMs: number): number {
  if (passedMs < 1_000) return 2;
  return passedMs < 10_000 ? 20 : 50;
}

/** Whether something listens on a port of this machine. */
export function accepts(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (isAccepted: boolean) => {
      socket.destroy();
      resolve(isAccepted);
    };
    // A socket can connect to itself when the system gives it the very port it looks for.
    socket.once('connect', () => settle(socket.localPort !== port));
    socket.once('error', () => settle(false));
    socket.setTimeout(250, () => settle(false));
  });
}

/** The status of an answer from this machine, or `undefined` when there is none. @throws the signal's reason */
export async function answers(port: number, endpoint: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    const path = endpoint.startsWith('/') ? endpoint : `/${endpoint}`;
    const url = new URL(path, `http://127.0.0.1:${port}`);
    url.host = `127.0.0.1:${port}`; // an endpoint like `//elsewhere` stays here
    const answer = await call(url.href, { signal, idleMs: 1_000, headers: { connection: 'close' } });
    answer.discard();
    return answer.status;
  } catch {
    signal.throwIfAborted();
    return undefined; // not yet
  }
}
