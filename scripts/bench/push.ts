import { join } from 'node:path';
import type { Benchmark, Work } from './benchmark.ts';
import { firstAnswer } from './first-answer.ts';
import { bareStartMs, copyHelloApp, type HelloApp } from './hello-app.ts';
import { type Localpaas, startLocalpaas } from './localpaas.ts';
import { succeeded } from './run-program.ts';
import type { Surroundings } from './surroundings.ts';
import { answersOf, sampleOf, takeover, unitsOf, withoutFailures } from './takeover.ts';

const bare = 'node app.js: first 200';
const first = 'push, new app: first 200';
const firstEnds = 'push, new app: command ends';
const again = 'push, changed app';
const againEnds = 'push, changed app: command ends';

/** From the command line, which starts first, to an answer through the router. */
export const push: Benchmark = {
  name: 'push',
  title: 'push of sample-apps/hello-node, start of the command line included',
  unit: 'ms',
  units: unitsOf([again]),
  comparisons: [
    { name: 'new app / node app.js', of: first, by: [bare], target: 6 },
    { name: 'changed app / node app.js', of: answersOf(again), by: [bare], target: 6 },
  ],
  bounds: [withoutFailures(again)],
  async prepare(surroundings, scope) {
    const app = await copyHelloApp(surroundings, 'push-app');
    const localpaas = scope.use(await startLocalpaas(surroundings, { home: join(surroundings.scratch, 'push-home') }));
    const pushes: Work = async (round) => {
      const name = `push-${round}`;
      const { answeredMs, endedMs } = await pushed(surroundings, localpaas, { app, name, version: `new ${round}` });
      const changed = await changedUnderRequests(surroundings, localpaas, { app, name, version: `changed ${round}` });
      await localpaas.ok('delete', name, '-f', '-r');
      return { [first]: answeredMs, [firstEnds]: endedMs, ...changed };
    };
    return { works: [async () => ({ [bare]: await bareStartMs(surroundings, app.directory) }), pushes] };
  },
};

interface Push {
  readonly app: HelloApp;
  readonly name: string;
  readonly version: string;
}

async function changedUnderRequests({ signal }: Surroundings, localpaas: Localpaas, { app, name, version }: Push) {
  await app.setVersion(version);
  let endedMs = Number.NaN;
  const make = async () => {
    endedMs = (await localpaas.ok('push', app.directory, '--name', name)).ms;
  };
  const asked = { port: localpaas.port, host: localpaas.hostOf(name) };
  return { ...sampleOf(again, await takeover(asked, { version, make }, signal)), [againEnds]: endedMs };
}

/** Pushes this version. @returns when it answered, and when the command had ended, both from its start */
export async function pushed({ signal }: Surroundings, localpaas: Localpaas, { app, name, version }: Push) {
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
