import { type Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { listen } from '#ground/ports.ts';
import { waitFor } from '#ground/wait.ts';

export interface Asked {
  readonly port: number;
  /** Host header; the address itself when absent. */
  readonly host?: string;
  readonly path?: string;
  /** Whether this body of a 200 is what is waited for; any is when absent. */
  readonly accept?: (body: string) => boolean;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const limitMs = 60_000;

/** Asks until the answer is a 200 that is accepted. @returns when that was, by `performance.now()`, and the body */
export async function firstAnswer(asked: Asked, signal: AbortSignal): Promise<{ at: number; body: string }> {
  const { host = `127.0.0.1:${asked.port}`, path = '/', accept = () => true } = asked;
  const ask = async () => {
    const answer = await answerOf(asked).catch(() => undefined); // nobody listens yet
    if (answer?.status !== 200 || !accept(answer.body)) return undefined;
    return { at: performance.now(), body: answer.body };
  };
  return await waitFor(`an answer of ${host}${path}`, ask, { limitMs, everyMs: 2, signal });
}

/** One request, on a connection of its own or on one of `agent`. */
export function answerOf(
  { port, host = `127.0.0.1:${port}`, path = '/' }: Asked,
  agent: Agent | false = false,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent, headers: { host } }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.setTimeout(30_000, () => request.destroy(new Error('no answer in 30 s')));
  });
}

/** A port that was free a moment ago, for programs that cannot tell which one they took. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The benchmark' });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
