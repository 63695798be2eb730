import { join } from 'node:path';
import type { Benchmark, Work } from './benchmark.ts';
import { firstAnswer } from './first-answer.ts';
import { bareStartMs, copyHelloApp, type HelloApp } from './hello-app.ts';
import { type Localpaas, startLocalpaas } from './localpaas.ts';
import { succeeded } from './run-program.ts';
import type { Surroundings } from './surroundings.ts';

const bare = 'node app.js: first 200';
const first = 'push, new app: first 200';
const firstEnds = 'push, new app: command ends';
const again = 'push, changed app: new version answers';
const againEnds = 'push, changed app: command ends';

/** From the command line, which starts first, to an answer through the router. */
export const push: Benchmark = {
  name: 'push',
  title: 'push of sample-apps/hello-node, start of the command line included',
  unit: 'ms',
  comparisons: [
    { name: 'new app / node app.js', of: first, by: [bare], target: 8 },
    { name: 'changed app / node app.js', of: again, by: [bare], target: 8 },
  ],
  async prepare(surroundings, scope) {
    const app = await copyHelloApp(surroundings, 'push-app');
    const localpaas = scope.use(await startLocalpaas(surroundings, { home: join(surroundings.scratch, 'push-home') }));
    const pushes: Work = async (round) => {
      const name = `push-${round}`;
      const made = await pushed(surroundings, localpaas, { app, name, version: `new ${round}` });
      const changed = await pushed(surroundings, localpaas, { app, name, version: `changed ${round}` });
      await localpaas.ok('delete', name, '-f', '-r');
      return {
        [first]: made.answeredMs,
        [firstEnds]: made.endedMs,
        [again]: changed.answeredMs,
        [againEnds]: changed.endedMs,
      };
    };
    return { works: [async () => ({ [bare]: await bareStartMs(surroundings, app.directory) }), pushes] };
  },
};

interface Push {
  readonly app: HelloApp;
  readonly name: string;
  readonly version: string;
}

async function pushed({ signal }: Surroundings, localpaas: Localpaas, { app, name, version }: Push) {
  await app.setVersion(version);
  const stop = new AbortController();
  const startedAt = performance.now();
  const command = localpaas.run(['push', app.directory, '--name', name]);
  const accept = (body: string) => body.startsWith(`${version} `);
  const answered = firstAnswer(
    { port: localpaas.port, host: localpaas.hostOf(name), accept },
    AbortSignal.any([signal, stop.signal]),
  );
  answered.catch(() => {}); // told below, unless the push itself failed
  try {
    const ran = succeeded(`localpaas push ${name}`, await command);
    return { answeredMs: (await answered).at - startedAt, endedMs: ran.ms };
  } finally {
    stop.abort();
  }
}
