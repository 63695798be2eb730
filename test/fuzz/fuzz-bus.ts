import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { deaStatus } from '#contract/dea.ts';
import { routerGreet } from '#contract/routes.ts';
import { waitFor } from '#ground/wait.ts';
import type { Localpaas } from '../support/localpaas.ts';
import type { Scope } from '../support/spec.ts';
import { Listener } from './listener.ts';
import { MalformedMessages } from './malformed-messages.ts';
import { Random } from './random.ts';

export interface FuzzOptions {
  readonly messages: number;
  readonly seed: number;
  /** How often an app is pushed, asked, stopped, started and deleted meanwhile, the last time after the last message. */
  readonly rounds: number;
  readonly onProgress?: (sent: number, memoryMb: number) => void;
}

export interface Outcome {
  readonly sent: number;
  readonly subjects: number;
  readonly seconds: number;
  /** Of the platform, in MB: after a fifth of the messages, and after all. */
  readonly warmMb: number;
  readonly endMb: number;
  readonly listener: Listener;
  /** Replies to malformed requests. */
  readonly replies: number;
}

const batch = 100;
const components = ['CloudController', 'DEA', 'HealthManager', 'Router', 'Stager'];

/** Sends a platform what nobody should, and has it work in between. Its bus has to be open. */
export async function fuzzBus(scope: Scope, paas: Localpaas, options: FuzzOptions): Promise<Outcome> {
  const { messages: limit, seed, rounds, onProgress = () => {} } = options;
  const bus = await connectTo(scope, paas);
  const listener = new Listener();
  let replies = 0;
  bus.subscribe('>', {
    callback: (error, message) => {
      if (error !== null) return;
      if (message.subject.startsWith('_INBOX.fuzz.')) replies += 1;
      listener.hear(message);
    },
  });
  const dea = (await bus.request(deaStatus.name, '', { timeout: 5_000 })).json<{ id: string }>().id;
  const random = new Random(seed);
  const malformed = await MalformedMessages.of(random, dea);

  await workOnce(paas);
  const startedAt = performance.now();
  let warmMb = 0;
  let round = 1;
  let sent = 0;
  while (sent < limit) {
    const size = Math.min(batch, limit - sent);
    for (let count = 0; count < size; count += 1) send(bus, malformed, { random, listener, number: sent + count });
    sent += size;
    await allHeard(bus, sent);
    if (warmMb === 0 && sent >= limit / 5) warmMb = await memoryMb(paas.pid);
    if (sent % 5_000 === 0) onProgress(sent, await memoryMb(paas.pid));
    if (sent >= (limit * round) / rounds) {
      round += 1;
      await allAnswer(bus);
      await workOnce(paas);
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const endMb = await memoryMb(paas.pid);
  return { sent, subjects: malformed.subjects.length, seconds, warmMb, endMb, listener, replies };
}

/** What it publishes itself does not come back: everything else is the platform's. */
async function connectTo(scope: Scope, paas: Localpaas): Promise<NatsConnection> {
  const record = JSON.parse(await readFile(`${paas.home}/run/platform.json`, 'utf8')) as { bus: string };
  const bus = await connect({ servers: record.bus, noEcho: true });
  scope.defer(() => bus.close());
  return bus;
}

function send(
  bus: NatsConnection,
  malformed: MalformedMessages,
  { random, listener, number }: { random: Random; listener: Listener; number: number },
): void {
  const { subject, name, payload } = malformed.next();
  if (random.happens(0.5)) {
    bus.publish(subject, payload);
    return;
  }
  const inbox = `_INBOX.fuzz.${number}`;
  listener.expect(inbox, name);
  bus.publish(subject, payload, { reply: inbox });
}

/** @throws Error when the platform does not answer; it may have lost its bus with something that it published */
async function allHeard(bus: NatsConnection, sent: number): Promise<void> {
  await bus.request(routerGreet.name, '', { timeout: 30_000 }).catch((cause: unknown) => {
    throw new Error(`The platform did not answer in 30 s after ${sent} messages.`, { cause });
  });
}

/** Every component is there and answers. */
async function allAnswer(bus: NatsConnection): Promise<void> {
  await waitFor(
    `answers of ${components.join(', ')}`,
    async () => {
      const answers = await bus.requestMany('vcap.component.discover', '', {
        strategy: 'count',
        maxMessages: components.length,
        maxWait: 2_000,
      });
      const types: string[] = [];
      for await (const answer of answers) types.push(answer.json<{ type: string }>().type);
      return types.sort().join() === components.join() ? true : undefined;
    },
    { limitMs: 20_000 },
  );
}

/** An app is staged, starts, answers, stops, and is gone. @throws Error when one of these fails */
async function workOnce(paas: Localpaas): Promise<void> {
  await paas.ok(['push', 'sample-apps/hello-node', '--name', 'fuzzed', '--memory', '64M']);
  const { status, body } = await paas.get('fuzzed');
  if (status !== 200) throw new Error(`The app answered with ${status}: ${body}`);
  await paas.ok(['stop', 'fuzzed']);
  await paas.ok(['delete', 'fuzzed', '-f']);
}

async function memoryMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Math.round(Number(stdout) / 1024);
}
