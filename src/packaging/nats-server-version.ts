import { text } from 'node:stream/consumers';
import { startChild } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { within } from '#ground/wait.ts';
import { executable } from './executable.ts';

export interface NatsServerProgram {
  readonly path: string;
  /** As in `2.10.27`. */
  readonly version: string;
  /** How it was found, for people. */
  readonly origin: string;
}

/**
 * Servers before this one can lose a whole JetStream stream when their process is killed, also with `sync_interval:
 * always` (nats-io/nats-server issue 6888): the desired state of all apps, here.
 */
const oldestNatsServer = '2.10.23';

/** What to do on a machine that needs another nats-server than the one at hand. */
export function howToGetAnother(): string {
  if (executable() === undefined) {
    return 'Run `npm run setup`, which fetches one for localpaas alone, or name one: LOCALPAAS_NATS_SERVER=<path>.';
  }
  return [
    `Install nats-server ${oldestNatsServer} or newer, or name one: LOCALPAAS_NATS_SERVER=<path>.`,
    'The official builds run on every Linux: https://github.com/nats-io/nats-server/releases',
  ].join('\n');
}

/**
 * Asks a nats-server for its version by running it.
 * @throws Error when it cannot be run or is something else
 */
export async function askVersion(path: string): Promise<string> {
  await using child = await startChild({
    program: path,
    args: ['--version'],
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
    graceMs: 100,
  });
  const [said, complained] = await within(
    5_000,
    `the version of ${path}`,
    Promise.all([textOf(child.stdout), textOf(child.stderr)]),
  );
  const version = /^nats-server: v(\d+\.\d+\.\d+)/m.exec(said)?.[1];
  if (version !== undefined) return version;
  throw new Error(
    `'${path} --version' answers '${(said || complained).trim().slice(0, 200)}', which no nats-server says`,
  );
}

/** Whether a nats-server of this version keeps what it was given. */
export function isNewEnough(version: string): boolean {
  const [oldest, found] = [oldestNatsServer, version].map((text) => text.split('.').map(Number));
  const at = found?.findIndex((number, index) => number !== oldest?.[index]) ?? -1;
  return at < 0 || Number(found?.[at]) > Number(oldest?.[at]);
}

export function tooOld(path: string, version: string): ActionableError {
  return new ActionableError(
    'PROGRAM_TOO_OLD',
    `${path} is nats-server ${version}; localpaas needs ${oldestNatsServer} or newer, because earlier ones can lose stored state when they are killed.`,
    howToGetAnother(),
  );
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? '' : text(stream);
}
