import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import * as assert from 'uvu/assert';
import { isUnheard } from '#ground/bus.ts';
import { waitFor } from '#ground/wait.ts';
import { fileNameOf, recordedExamples } from '../contract/subjects.ts';
import { emptyHome, startLocalpaas } from '../support/localpaas.ts';
import { startPart } from '../support/parts.ts';
import { describe, type Scope } from '../support/spec.ts';
import { laterSubjects, subjectsOf2012 } from './subjects-of-2012.ts';

/** Said once by each component, and meant for people and for tools that watch. */
const onlyPublished = ['dea.start', 'vcap.component.announce'];

/** The first is the same as without a partition; the second is gorouter's, of which only the source was read. */
const unrecorded = ['cloudcontrollers.hm.requests.<partition>', 'router.greet'];

const actual = (subject: string, uuid: string) => subject.replace('<uuid>', uuid).replace('<partition>', 'default');

/** Whether anybody listens to a subject: the server says so at once when nobody does. */
async function isHeard(bus: NatsConnection, subject: string): Promise<boolean> {
  try {
    await bus.request(subject, '', { timeout: 200 });
    return true;
  } catch (error) {
    return !isUnheard(error);
  }
}

async function connectTo(scope: Scope, uri: string): Promise<NatsConnection> {
  const bus = await connect({ servers: uri });
  scope.defer(() => bus.close());
  return bus;
}

describe('a subject of 2012', (it) => {
  it('has an example that was recorded of an original', async () => {
    const examples = await recordedExamples();

    for (const subject of subjectsOf2012) {
      const name = fileNameOf(subject.replace('<uuid>', '*').replace('<partition>', '*'));
      const found = examples.get(name) ?? examples.get(name.replace('_', 'default'));
      const origins = [...(found?.messages ?? []), ...(found?.replies ?? [])].map(({ origin }) => origin);
      const isRecorded = origins.some((origin) => origin.startsWith('recorded'));
      assert.is(isRecorded, !unrecorded.includes(subject), `${subject}: ${origins.join(', ') || 'no example'}`);
    }
  });

  it(
    'is heard by a platform, or published by its parts when they start',
    async (scope) => {
      const paas = await startLocalpaas(scope, { args: ['--open-bus'] });
      const record = JSON.parse(await readFile(`${paas.home}/run/platform.json`, 'utf8')) as { bus: string };
      const bus = await connectTo(scope, record.bus);
      const { id: uuid } = (await bus.request('dea.status', '', { timeout: 5_000 })).json<{ id: string }>();

      const heard = subjectsOf2012.filter((subject) => !onlyPublished.includes(subject));
      const answers = await Promise.all(heard.map((subject) => isHeard(bus, actual(subject, uuid))));
      const unheard = await Promise.all(
        [...laterSubjects, ...onlyPublished, 'nobody.listens'].map((subject) => isHeard(bus, actual(subject, uuid))),
      );

      assert.equal(
        heard.filter((_, index) => answers[index] === false),
        [],
      );
      assert.not.ok(unheard.includes(true), String(unheard));

      const published = new Set<string>();
      bus.subscribe('>', { callback: (_, { subject }) => void published.add(subject) });
      await bus.flush();
      const home = await emptyHome(scope);
      const file = join(paas.home, 'dea.yml');
      await writeFile(file, `base_dir: ${home}/dea\nmbus: ${record.bus}\nruntimes: [node]\nmax_memory: 1024\n`);
      const dea = await startPart(scope, home, ['dea', '-c', file]);
      await dea.says(/File service started/);
      for (const subject of onlyPublished) {
        await waitFor(subject, () => (published.has(subject) ? true : undefined), { limitMs: 15_000 });
      }
      assert.is(await dea.stop(), 0, dea.said());
    },
    { timeoutMs: 120_000 },
  );
});
