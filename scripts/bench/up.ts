import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '#ground/child.ts';
import { waitFor } from '#ground/wait.ts';
import type { Benchmark } from './benchmark.ts';
import { firstAnswer, freePort } from './first-answer.ts';
import { bareStartMs, copyHelloApp } from './hello-app.ts';
import { startLocalpaas } from './localpaas.ts';
import { runProgram, succeeded } from './run-program.ts';
import { environmentIn, type Surroundings } from './surroundings.ts';

const alone = 'nats-server alone, JetStream on: ready';
const bare = 'node app.js: first 200';
const empty = 'node -e 0';
const answers = 'localpaas up: first 200';
const ready = 'localpaas up: ready event';
const firstRun = 'localpaas up, first run of an executable: ready event';

/** The start of the platform in a home that was used before. */
export const up: Benchmark = {
  name: 'up',
  title: 'start of the platform, warm home; node is the one that runs localpaas',
  unit: 'ms',
  comparisons: [
    { name: 'ready event / (nats-server + node app.js)', of: ready, by: [alone, bare], target: 3 },
    { name: 'first 200 / (nats-server + node app.js)', of: answers, by: [alone, bare] },
    { name: 'ready event / (nats-server + node -e 0)', of: ready, by: [alone, empty], target: 4 },
    { name: 'first run / (nats-server + node -e 0)', of: firstRun, by: [alone, empty], target: 6 },
  ],
  async prepare(surroundings) {
    const { directory } = await copyHelloApp(surroundings, 'up-app');
    const home = join(surroundings.scratch, 'up-home');
    const env = environmentIn(surroundings.scratch, surroundings);
    const emptyMs = async () =>
      succeeded(empty, await runProgram({ program: surroundings.node, args: ['-e', '0'], env }, surroundings)).ms;
    return {
      works: [
        async () => ({ [alone]: await natsServerMs(surroundings) }),
        async () => ({ [bare]: await bareStartMs(surroundings, directory) }),
        async () => ({ [empty]: await emptyMs() }),
        async () => ({ [answers]: await answersMs(surroundings, home) }),
        async () => ({ [ready]: await readyMs(surroundings, home) }),
        ...(surroundings.isExecutable ? [() => firstRunMs(surroundings)] : []),
      ],
    };
  },
};

/** Somebody asks all the time, which takes processor time of its own. */
async function answersMs(surroundings: Surroundings, home: string): Promise<number> {
  const port = await freePort();
  let answered: Promise<{ at: number }> | undefined;
  const onStarted = () => {
    answered = firstAnswer({ port }, surroundings.signal);
    answered.catch(() => {}); // told below, unless the start itself fails
  };
  await using localpaas = await startLocalpaas(surroundings, { home, port, onStarted });
  const { startedAt } = localpaas;
  const first = await answered;
  return (first?.at ?? Number.NaN) - startedAt;
}

async function readyMs(surroundings: Surroundings, home: string): Promise<number> {
  await using localpaas = await startLocalpaas(surroundings, { home });
  return localpaas.readyAt - localpaas.startedAt;
}

/** With nothing unpacked yet, and an empty home. */
async function firstRunMs(surroundings: Surroundings) {
  const home = await mkdtemp(join(surroundings.scratch, 'first-run-'));
  const env = { LOCALPAAS_CACHE: join(home, 'cache') };
  try {
    await using localpaas = await startLocalpaas(surroundings, { home, env });
    return { [firstRun]: localpaas.readyAt - localpaas.startedAt };
  } finally {
    await rm(home, { recursive: true, force: true }); // as empty a disk for each round
  }
}

/** A nats-server with a store of its own, which is kept, until it says that it accepts connections. */
async function natsServerMs({ natsServer, scratch, signal }: Surroundings): Promise<number> {
  const [store, ports] = [join(scratch, 'nats-store'), join(scratch, 'nats-ports')];
  await rm(ports, { recursive: true, force: true });
  await Promise.all([mkdir(store, { recursive: true }), mkdir(ports, { recursive: true })]);
  const args = ['--js', '--store_dir', store, '--addr', '127.0.0.1', '--port', '-1', '--ports_file_dir', ports];
  const startedAt = performance.now();
  await using child = await startChild({ program: natsServer.path, args, env: {}, graceMs: 5_000 });
  const isReady = async () => {
    const [file] = await readdir(ports);
    if (file === undefined) return undefined;
    return (await readFile(join(ports, file), 'utf8')).includes('nats://') ? performance.now() : undefined;
  };
  const readyAt = await waitFor('nats-server to be ready', isReady, { limitMs: 10_000, everyMs: 1, signal });
  void child;
  return readyAt - startedAt;
}
