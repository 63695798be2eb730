import { access, constants, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { $ } from 'zx';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { signalProcess, startChild } from '#ground/child.ts';
import type { Benchmark, Work } from './benchmark.ts';
import { firstAnswer, freePort } from './first-answer.ts';
import { bareStartMs, copyHelloApp } from './hello-app.ts';
import { runProgram, succeeded } from './run-program.ts';
import { environmentIn, type Surroundings } from './surroundings.ts';

const bare = 'node app.js: first 200';

/** Programs that stay in the foreground while the app runs, and how they are told to. */
const foreground = {
  nodemon: { program: 'nodemon', args: ['--quiet', 'app.js'] },
  'nf (foreman for Node)': { program: 'nf', args: ['start', '--port'] },
  'foreman (Ruby)': { program: 'foreman', args: ['start', '--port'] },
} as const;

const startOf = (name: string) => `${name}: first 200`;
const back = 'pm2: kill -9, 200 again';

/** The same app under programs that many use for it. Those which are not installed are named. */
export function peers({ install }: { install: boolean }): Benchmark {
  const names = [...Object.keys(foreground), 'pm2'];
  return {
    name: 'peers',
    title: 'the same app under other programs',
    unit: 'ms',
    comparisons: [
      ...names.map((name) => ({ name: `${name} / node app.js`, of: startOf(name), by: [bare] })),
      { name: 'pm2, 200 again / node app.js', of: back, by: [bare] },
    ],
    async prepare(surroundings, scope) {
      const { directory } = await copyHelloApp(surroundings, 'peers-app');
      await writeFile(join(directory, 'Procfile'), 'web: node app.js\n');
      const fetched = install ? await fetchPeers(surroundings) : undefined;
      const find = (program: string) => findProgram(program, fetched);
      const works: Work[] = [async () => ({ [bare]: await bareStartMs(surroundings, directory) })];
      const notes: string[] = [];
      for (const [name, { program, args }] of Object.entries(foreground)) {
        const path = await find(program);
        if (path === undefined) notes.push(missing(name));
        else
          works.push(async () => ({ [startOf(name)]: await foregroundMs(surroundings, directory, [path, ...args]) }));
      }
      const pm2 = await find('pm2');
      if (pm2 === undefined) notes.push(missing('pm2'));
      else works.push(await pm2Work(surroundings, scope, { pm2, directory }));
      return { works, notes };
    },
  };
}

function missing(name: string): string {
  return `${name} is not installed: not measured.`;
}

/** @returns where the programs lie then */
async function fetchPeers({ scratch, signal }: Surroundings): Promise<string> {
  const prefix = join(scratch, 'peers');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  await $({ signal, quiet: true })`npm install --prefix ${prefix} ${quiet} nodemon pm2 foreman`;
  return join(prefix, 'node_modules', '.bin');
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
  const env = { ...environmentIn(surroundings.scratch, surroundings), PORT: String(port) };
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

/** pm2 has a daemon, which is started before and ended after all rounds. */
async function pm2Work(
  surroundings: Surroundings,
  scope: AsyncDisposableStack,
  { pm2, directory }: { pm2: string; directory: string },
): Promise<Work> {
  const env = { ...environmentIn(surroundings.scratch, surroundings), PM2_HOME: join(surroundings.scratch, 'pm2') };
  const run = async (args: readonly string[], port = 0) =>
    succeeded(
      `pm2 ${args.join(' ')}`,
      await runProgram({ program: pm2, args, cwd: directory, env: { ...env, PORT: String(port) } }, surroundings),
    );
  scope.defer(() => runProgram({ program: pm2, args: ['kill'], env }, { signal: new AbortController().signal }));
  await run(['ping']);
  return async (round) => {
    const [port, name] = [await freePort(), `bench-${round}`];
    const asked = { port, path: '/pid' };
    const startedAt = performance.now();
    const [first] = await Promise.all([
      firstAnswer(asked, surroundings.signal),
      run(['start', 'app.js', '--name', name], port),
    ]);
    const killedAt = performance.now();
    signalProcess(Number(first.body), 'SIGKILL');
    const again = await firstAnswer({ ...asked, accept: (body) => body !== first.body }, surroundings.signal);
    await run(['delete', name]);
    return { [startOf('pm2')]: first.at - startedAt, [back]: again.at - killedAt };
  };
}
