import { join } from 'node:path';
import { signalProcess } from '#ground/child.ts';
import type { Benchmark, Work } from './benchmark.ts';
import { firstAnswer } from './first-answer.ts';
import { bareStartMs, copyHelloApp } from './hello-app.ts';
import { startLocalpaas } from './localpaas.ts';

const bare = 'node app.js: first 200';
const back = 'kill -9 of the only instance: 200 again';

/** What the platform needs to see that an instance died, and to start another. */
export const recovery: Benchmark = {
  name: 'recovery',
  title: 'an instance is killed with SIGKILL',
  unit: 'ms',
  comparisons: [{ name: '200 again / node app.js', of: back, by: [bare], target: 4 }],
  async prepare(surroundings, scope) {
    const { signal } = surroundings;
    const { directory } = await copyHelloApp(surroundings, 'recovery-app');
    const localpaas = scope.use(
      await startLocalpaas(surroundings, { home: join(surroundings.scratch, 'recovery-home') }),
    );
    // A new app each time: one that crashes again and again is started later and later.
    const kill: Work = async (round) => {
      const name = `recovery-${round}`;
      await localpaas.ok('push', directory, '--name', name);
      const asked = { port: localpaas.port, host: localpaas.hostOf(name), path: '/pid' };
      const before = (await firstAnswer(asked, signal)).body;
      const killedAt = performance.now();
      if (!signalProcess(Number(before), 'SIGKILL')) throw new Error(`The instance ${before.trim()} was gone already.`);
      const { at } = await firstAnswer({ ...asked, accept: (body) => body !== before }, signal);
      await localpaas.ok('delete', name, '-f', '-r');
      return { [back]: at - killedAt };
    };
    return { works: [async () => ({ [bare]: await bareStartMs(surroundings, directory) }), kill] };
  },
};
