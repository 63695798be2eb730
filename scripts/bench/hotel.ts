import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { startChild } from '#ground/child.ts';
import type { Work } from './benchmark.ts';
import { firstAnswer, freePort } from './first-answer.ts';
import { runProgram, succeeded } from './run-program.ts';
import { peerEnvironment, type Surroundings } from './surroundings.ts';

/** hotel opens its port for HTTPS to the whole network: here, for this machine alone. */
const loopbackOnly = `
const { Server } = require('node:net');
const { listen } = Server.prototype;
Server.prototype.listen = function (first, ...others) {
  if (typeof first === 'number' && typeof others[0] !== 'string') return listen.call(this, first, '127.0.0.1', ...others);
  return listen.call(this, first, ...others);
};
`;

interface Hotel {
  /** Its command line. */
  readonly hotel: string;
  readonly directory: string;
  readonly figure: string;
}

/** `hotel add` until the app answers through hotel, which has a daemon that runs through all rounds. */
export async function hotelWork(
  surroundings: Surroundings,
  scope: AsyncDisposableStack,
  { hotel, directory, figure }: Hotel,
): Promise<Work> {
  const home = join(surroundings.scratch, 'hotel-home');
  const settings = join(home, '.hotel');
  const preload = join(home, 'loopback-only.cjs');
  const port = await freePort();
  await mkdir(settings, { recursive: true });
  await writeFile(preload, loopbackOnly);
  await writeFile(join(settings, 'conf.json'), JSON.stringify({ port }));
  const env = { ...peerEnvironment(surroundings), HOME: home };
  const daemon = join(dirname(dirname(await realpath(hotel))), 'daemon');
  const args = ['--require', preload, daemon];
  scope.use(await startChild({ program: surroundings.node, args, env, graceMs: 5_000 }));
  await firstAnswer({ port, host: 'localhost' }, surroundings.signal);
  const run = async (...words: string[]) =>
    succeeded(
      `hotel ${words[0]}`,
      await runProgram({ program: hotel, args: words, cwd: directory, env }, surroundings),
    );
  return async (round) => {
    const name = `bench-${round}`;
    const asked = { port, host: `${name}.localhost` };
    const startedAt = performance.now();
    const [{ at }] = await Promise.all([
      firstAnswer({ ...asked, accept: (body) => body.includes('from Node') }, surroundings.signal),
      run('add', 'node app.js', '--name', name),
    ]);
    await run('rm', '--name', name);
    return { [figure]: at - startedAt };
  };
}
