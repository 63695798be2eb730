import { Agent, request } from 'node:http';
import { sleep } from '#ground/wait.ts';
import type { Scope } from './spec.ts';

/** What became of requests that were made all the time. */
export interface Visits {
  readonly count: number;
  /** Of those that were not answered with 200, what was wrong. */
  readonly failures: readonly string[];
  readonly longestMs: number;
}

export interface VisitorOptions {
  readonly port: number;
  readonly host: string;
  /** Whether a connection is used again and again. */
  readonly keepAlive: boolean;
  /** Between an answer and the next request. */
  readonly everyMs: number;
}

/** Makes one request after the other until it is asked to stop, or the scope ends. */
export function visit(scope: Scope, { port, host, keepAlive, everyMs }: VisitorOptions): { stop(): Promise<Visits> } {
  const agent = new Agent({ keepAlive });
  const failures: string[] = [];
  let count = 0;
  let longestMs = 0;
  let isOver = false;
  const goOn = async () => {
    while (!isOver) {
      const startedAt = performance.now();
      const outcome = await once({ port, host, agent });
      count += 1;
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      if (outcome !== '200') failures.push(`${host}${keepAlive ? ', kept' : ''}: ${outcome}`);
      await sleep(everyMs);
    }
    agent.destroy();
    return { count, failures, longestMs };
  };
  const visits = goOn();
  const stop = () => {
    isOver = true;
    return visits;
  };
  scope.defer(stop);
  return { stop };
}

/** The status, or the error's code. */
function once({ port, host, agent }: { port: number; host: string; agent: Agent }): Promise<string> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message);
    const outgoing = request({ port, host: '127.0.0.1', agent, headers: { host } });
    outgoing.setTimeout(30_000, () => outgoing.destroy(new Error('no answer in 30 s')));
    outgoing.on('error', failed);
    outgoing.once('response', (answer) => {
      answer.resume();
      answer.on('error', failed);
      answer.once('end', () => resolve(String(answer.statusCode)));
    });
    outgoing.end();
  });
}
