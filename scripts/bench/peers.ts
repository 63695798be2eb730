import { existsSync } from 'node:fs';
import { access, constants, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { $ } from 'zx';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { signalProcess, startChild } from '#ground/child.ts';
import type { Benchmark, Work } from './benchmark.ts';
import { firstAnswer, freePort } from './first-answer.ts';
import { bareStartMs, copyHelloApp } from './hello-app.ts';
import { hotelWork } from './hotel.ts';
import { startLocalpaas } from './localpaas.ts';
import { type Pm2, startPm2 } from './pm2.ts';
import { pushed } from './push.ts';
import { peerEnvironment, type Surroundings } from './surroundings.ts';

const bare = 'node app.js: first 200';

/** Programs that stay in the foreground while the app runs, and how they are told to. */
const foreground = {
  nodemon: { program: 'nodemon', args: ['--quiet', 'app.js'] },
  'nf (foreman for Node)': { program: 'nf', args: ['start', '--port'] },
  'foreman (Ruby)': { program: 'foreman', args: ['start', '--port'] },
} as const;

const startOf = (name: string) => `${name}: first 200`;
const ours = 'localpaas push';
const back = 'pm2: kill -9, 200 again';

/** The same app under programs that many use for it. Those which are not installed are named. */
export function peers({ install }: { install: boolean }): Benchmark {
  const names = [ours, 'node --watch', ...Object.keys(foreground), 'pm2', 'hotel'];
  return {
    name: 'peers',
    title: 'the same app under other programs',
    unit: 'ms',
    comparisons: [
      ...names.map((name) => ({ name: `${name} / node app.js`, of: startOf(name), by: [bare] })),
      ...names
        .filter((name) => name !== ours)
        .map((name) => ({ name: `${ours} / ${name}`, of: startOf(ours), by: [startOf(name)] })),
      { name: 'pm2, 200 again / node app.js', of: back, by: [bare] },
    ],
    async prepare(surroundings, scope) {
      const { directory } = await copyHelloApp(surroundings, 'peers-app');
      await writeFile(join(directory, 'Procfile'), 'web: node app.js\n');
      const fetched = install ? await fetchPeers(surroundings) : undefined;
      const find = (program: string) => findProgram(program, fetched);
      const works: Work[] = [async () => ({ [bare]: await bareStartMs(surroundings, directory) })];
      works.push(await pushWork(surroundings, scope));
      const nodeWatch = [surroundings.node, '--watch', 'app.js'] as const;
      works.push(async () => ({ [startOf('node --watch')]: await foregroundMs(surroundings, directory, nodeWatch) }));
      const notes: string[] = [];
      for (const [name, { program, args }] of Object.entries(foreground)) {
        const path = await find(program);
        if (path === undefined) notes.push(missing(name));
        else
          works.push(async () => ({ [startOf(name)]: await foregroundMs(surroundings, directory, [path, ...args]) }));
      }
      const [pm2, hotel] = await Promise.all([find('pm2'), find('hotel')]);
      if (pm2 === undefined) notes.push(missing('pm2'));
      else {
        const run = await startPm2(surroundings, scope, { program: pm2, name: 'pm2' });
        works.push(pm2Work(surroundings, run, directory));
      }
      if (hotel === undefined) notes.push(missing('hotel'));
      else works.push(await hotelWork(surroundings, scope, { hotel, directory, figure: startOf('hotel') }));
      return { works, notes };
    },
  };
}

/** A push of a new app, until it answers through the router. */
async function pushWork(surroundings: Surroundings, scope: AsyncDisposableStack): Promise<Work> {
  const app = await copyHelloApp(surroundings, 'peers-push-app');
  const localpaas = scope.use(await startLocalpaas(surroundings, { home: join(surroundings.scratch, 'peers-home') }));
  return async (round) => {
    const name = `bench-${round}`;
    const { answeredMs } = await pushed(surroundings, localpaas, { app, name, version: `pushed ${round}` });
    await localpaas.ok('delete', name, '-f', '-r');
    return { [startOf(ours)]: answeredMs };
  };
}

function missing(name: string): string {
  return `${name} is not installed: not measured.`;
}

/** Once for a run. @returns where the programs lie then */
export async function fetchPeers({ scratch, signal }: Surroundings): Promise<string> {
  const prefix = join(scratch, 'peers');
  const programs = join(prefix, 'node_modules', '.bin');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  if (!existsSync(programs)) {
    await $({ signal, quiet: true })`npm install --prefix ${prefix} ${quiet} nodemon pm2 foreman hotel`;
  }
  return programs;
}

/** @param fetched a directory to look into before those of PATH */
export async function findProgram(program: string, fetched: string | undefined): Promise<string | undefined> {
  // npm's foreman is the command `nf`; its name is not to be taken for Ruby's.
  const places = [...(fetched === undefined ? [] : [fetched]), ...(process.env['PATH'] ?? '').split(delimiter)];
  for (const place of places) {
    const path = join(place, program);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false, // not here
    );
    if (isThere) return path;
  }
  return undefined;
}

async function foregroundMs(
  surroundings: Surroundings,
  directory: string,
  [program, ...args]: readonly [string, ...string[]],
): Promise<number> {
  const port = await freePort();
  const env = { ...peerEnvironment(surroundings), PORT: String(port) };
  const startedAt = performance.now();
  await using child = await startChild({
    program,
    args: args.at(-1) === '--port' ? [...args, String(port)] : args,
    cwd: directory,
    env,
    graceMs: 3_000,
  });
  void child;
  return (await firstAnswer({ port }, surroundings.signal)).at - startedAt;
}

/** Its daemon runs through all rounds. */
function pm2Work(surroundings: Surroundings, pm2: Pm2, directory: string): Work {
  return async (round) => {
    const [port, name] = [await freePort(), `bench-${round}`];
    const asked = { port, path: '/pid' };
    const startedAt = performance.now();
    const [first] = await Promise.all([
      firstAnswer(asked, surroundings.signal),
      pm2(['start', 'app.js', '--name', name], { directory, port }),
    ]);
    const killedAt = performance.now();
    signalProcess(Number(first.body), 'SIGKILL');
    const again = await firstAnswer({ ...asked, accept: (body) => body !== first.body }, surroundings.signal);
    await pm2(['delete', name], { directory, port });
    return { [startOf('pm2')]: first.at - startedAt, [back]: again.at - killedAt };
  };
}
