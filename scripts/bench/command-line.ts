import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { startLocalpaas } from './localpaas.ts';
import { runProgram, succeeded } from './run-program.ts';

const empty = 'node -e 0';
const version = 'localpaas --version';
const apps = 'localpaas apps';

/** What each use of the command line costs before it does anything. */
export const commandLine: Benchmark = {
  name: 'command-line',
  title: 'start to end of a command',
  unit: 'ms',
  comparisons: [
    { name: `--version / ${empty} of the same Node`, of: version, by: [empty], target: 2 },
    { name: `apps / ${empty} of the same Node`, of: apps, by: [empty] },
  ],
  async prepare(surroundings, scope) {
    const home = join(surroundings.scratch, 'command-line-home');
    const localpaas = scope.use(await startLocalpaas(surroundings, { home }));
    const emptyRun = () => runProgram({ program: surroundings.node, args: ['-e', '0'], env: {} }, surroundings);
    return {
      works: [
        async () => ({ [empty]: succeeded(empty, await emptyRun()).ms }),
        async () => ({ [version]: (await localpaas.ok('--version')).ms }),
        async () => ({ [apps]: (await localpaas.ok('apps')).ms }),
      ],
    };
  },
};
