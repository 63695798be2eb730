import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { stagerConfigOf } from '#components/stager/config.ts';
import { type Announcement, componentAnnounce, componentDiscover } from '#contract/discovery.ts';
import { isUnheard } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { askToStage, playCloudController, requestFor, startStager } from './peers.ts';

const recorded = join(dirname(fileURLToPath(import.meta.url)), 'recorded');
const textOf = (name: string): string => readFileSync(join(recorded, name), 'utf8');
const payloadOf = (name: string): unknown => JSON.parse(textOf(name)).payload;

/** Names and types, all the way down: `{ uuid: 'string', credentials: ['string', 'string'], … }`. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shapeOf(each)]));
}

async function get(url: string, credentials?: readonly string[]) {
  const basic = credentials && `Basic ${Buffer.from(credentials.join(':')).toString('base64')}`;
  const answer = await call(url, { headers: basic === undefined ? {} : { authorization: basic } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

describe('a stager, seen by others,', (it) => {
  it('announces itself and answers a discovery with the fields of the original', async (scope) => {
    const { bus, address } = await startBus(scope);
    const announced: Announcement[] = [];
    scope.use(bus.subscribe(componentAnnounce, (announcement) => void announced.push(announcement)));
    await bus.flush();

    await startStager(scope, {}, { address });
    const found = await bus.ask(componentDiscover, null, { limitMs: 15_000 });

    const { uptime, ...rest } = found;
    assert.equal(shapeOf(announced[0]), shapeOf(payloadOf('vcap.component.announce.Stager.json')));
    assert.equal(shapeOf(found), shapeOf(payloadOf('reply-to.vcap.component.discover.Stager.json')));
    assert.equal(announced, [rest]);
    assert.is(found.type, 'Stager');
    assert.match(found.uuid, /^[0-9a-f]{32}$/);
    assert.match(found.start, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
    assert.match(uptime ?? '', /^0d:0h:0m:\ds$/);
    assert.match(found.host ?? '', /^127\.0\.0\.1:\d+$/);
  });

  it('tells how it is, with the fields of the original, to who has the credentials it announced', async (scope) => {
    const sample = JSON.parse(textOf('stager-varz.txt')) as { config: object };
    const dirs = { tmp: await scratchDirectory(scope) };
    const { options } = stagerConfigOf({ ...sample.config, nats_uri: 'nats://me:secret@127.0.0.1:14222', dirs });
    const { bus } = await startStager(scope, options);

    const { host, credentials } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
    const health = await get(`http://${host}/healthz`, credentials ?? []);
    const status = await get(`http://${host}/varz`, credentials ?? []);

    assert.equal([health.status, health.text], [200, textOf('stager-healthz.txt')]);
    assert.is(health.headers['content-type'], 'application/json');
    const told = JSON.parse(status.text);
    assert.equal(shapeOf(told), shapeOf({ ...sample, config: { ...sample.config, dirs } }));
    assert.equal(Object.keys(told), Object.keys(sample));
    assert.equal(told.config, { ...sample.config, nats_uri: 'nats://me:***@127.0.0.1:14222', dirs });
    assert.equal(told.credentials, credentials);
    assert.match(status.text, '{\n  "type": "Stager",\n  "index": null,\n');
  });

  it('tells nothing to anybody else', async (scope) => {
    const { bus } = await startStager(scope);
    const { host, credentials } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
    const [user = ''] = credentials ?? [];

    for (const path of ['healthz', 'varz', 'other']) {
      for (const shown of [undefined, [user, 'guess'], ['', '']]) {
        const { status, text, headers } = await get(`http://${host}/${path}`, shown);

        assert.equal([status, text, headers['www-authenticate']], [401, '', 'Basic realm=""']);
      }
    }
  });

  it('names its index, and shows its options in the words of the original when no file configured it', async (scope) => {
    const { bus } = await startStager(scope, { index: 2, maxStagingMs: 90_000, maxActiveTasks: 3, queues: ['a', 'b'] });

    const { index, uuid, host, credentials } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
    const { config } = JSON.parse((await get(`http://${host}/varz`, credentials ?? [])).text);

    assert.is(index, 2);
    assert.match(uuid, /^2-[0-9a-f]{32}$/);
    const shown = { max_staging_duration: 90, max_active_tasks: 3, queues: ['a', 'b'], secure: false, dirs: {} };
    assert.equal(config, shown);
  });

  it('listens where it is told to', async (scope) => {
    const { bus } = await startStager(scope, { host: 'localhost' });

    const { host, credentials } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });

    assert.match(host ?? '', /^localhost:\d+$/);
    assert.is((await get(`http://${host}/healthz`, credentials ?? [])).status, 200);
  });

  it('is there until its last task is over, and then gone', async (scope) => {
    const { bus, running } = await startStager(scope, { atStop: 'finish' });
    const held: ServerResponse[] = [];
    const zip = rawZip([{ name: 'app.js', content: ';' }]);
    let isHolding = true;
    const cloud = await playCloudController(scope, zip, {
      download: (_, response) => void (isHolding ? held.push(response) : response.end(zip)),
    });
    const asked = askToStage(bus, requestFor(cloud));
    await waitFor('the download', () => held[0], { limitMs: 15_000 });

    const stopped = running[Symbol.asyncDispose]();
    await waitFor(
      'nobody to take requests',
      () =>
        askToStage(bus, requestFor(cloud), 100).then(
          () => undefined,
          (error: unknown) => (isUnheard(error) ? error : undefined),
        ),
      { limitMs: 15_000 },
    );
    const { host, credentials } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
    const health = await get(`http://${host}/healthz`, credentials ?? []);
    isHolding = false;
    for (const response of held) response.end(zip);
    await stopped;

    assert.is(health.status, 200);
    assert.is((await asked).error, undefined);
    assert.ok(isUnheard(await thrownBy(() => bus.ask(componentDiscover, null, { limitMs: 2_000 }))));
  });
});
