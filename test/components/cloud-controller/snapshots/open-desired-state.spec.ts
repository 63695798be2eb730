import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openDesiredState, type StateEvidence } from '#components/cloud-controller/snapshots/open-desired-state.ts';
import { placeRemains } from '#components/cloud-controller/snapshots/place-remains.ts';
import type { Snapshot } from '#components/cloud-controller/snapshots/snapshot.ts';
import {
  addSnapshot,
  newestSnapshot,
  placedFileIn,
  placeSnapshot,
} from '#components/cloud-controller/snapshots/snapshot-files.ts';
import type { Store } from '#components/cloud-controller/store.ts';
import { messagesOf, readBlocks } from '#components/nats-server/index.ts';
import { desiredStateBucket, desiredStateStream } from '#contract/stored-state.ts';
import { Bucket } from '#ground/bucket.ts';
import { type Damage, damageIn } from '#ground/damage.ts';
import { DamagedStore } from '#ground/damaged-store.ts';
import { createLog } from '#ground/log.ts';
import { blockFileIn, spoil, startBus, type TestBus } from '../../../support/bus.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { appRecord } from '../records.ts';

const [one, two] = [appRecord({ name: 'one' }), appRecord({ name: 'two' })];

function snapshotOf(store: Store): Snapshot {
  return {
    writtenAt: '2030-01-01T00:00:00.000Z',
    program: '1.2.3',
    store: store.id ?? null,
    revision: store.followed,
    events: { revision: 0, count: 0 },
    records: store.entries().map(({ key, revision, record }) => ({ key, revision, json: JSON.stringify(record) })),
  };
}

/** A directory of a cloud controller, and the means to open its desired state on any bus. */
async function directory(scope: Scope) {
  const dataDir = await scratchDirectory(scope);
  const damages: Damage[] = [];
  const log = createLog((entry) => {
    const damage = damageIn(entry);
    if (damage !== undefined) damages.push(damage);
  });
  const { signal } = new AbortController();
  const open = async ({ bus }: TestBus) => {
    const opened = await openDesiredState({ bus, log, dataDir, signal });
    scope.use(opened.store);
    return opened;
  };
  return { dataDir, damages, open };
}

/** A store that was filled, with a snapshot of it, and then stopped. */
async function filled(scope: Scope) {
  const own = await directory(scope);
  const first = await startBus(scope);
  const { store } = await own.open(first);
  for (const app of [one, two]) await store.create('app', app);
  await addSnapshot(own.dataDir, snapshotOf(store));
  return { ...own, first, store, startAgain: () => startBus(scope, first.dataDir) };
}

const namesIn = (store: Store) => store.all('app').map(({ name }) => name);

describe('the desired state, when it is opened,', (it) => {
  it('is empty the first time, and known again later', async (scope) => {
    const { open, damages } = await directory(scope);
    const bus = await startBus(scope);

    const first = await open(bus);
    const second = await open(bus);

    assert.is(first.isRestored, false);
    assert.type(first.store.id, 'string');
    assert.is(second.store.id, first.store.id);
    assert.equal(damages, []);
  });

  it('may be ahead of its snapshots', async (scope) => {
    const { first, store, startAgain, open, damages } = await filled(scope);
    await store.update('app', one.guid, (app) => ({ ...app, name: 'one, later' }));
    await store.delete('app', two.guid);
    await store.create('app', appRecord({ name: 'three' }));
    await first.server[Symbol.asyncDispose]();

    const again = await open(await startAgain());

    assert.equal(namesIn(again.store), ['one, later', 'three']);
    assert.equal(damages, []);
  });

  it('comes back from the newest snapshot on a bus that has lost everything', async (scope) => {
    const { open, damages } = await filled(scope);
    const bus = await startBus(scope);

    const again = await open(bus);

    assert.is(again.isRestored, true);
    assert.equal(namesIn(again.store), ['one', 'two']);
    assert.equal(damages[0]?.restored, ['app one', 'app two']);
    assert.equal(damages[0]?.lost, ['changes after the snapshot, if there were any']);
    damages.length = 0;
    assert.equal(namesIn((await open(bus)).store), ['one', 'two']);
    assert.equal(damages, []);
  });

  it('passes over snapshots that are damaged, and says so', async (scope) => {
    const { dataDir, store, open, damages } = await filled(scope);
    await store.create('app', appRecord({ name: 'three' }));
    const newer = await addSnapshot(dataDir, snapshotOf(store));
    await spoil(newer, 'three');

    const again = await open(await startBus(scope));

    assert.equal(namesIn(again.store), ['one', 'two']);
    assert.match(damages[0]?.found ?? '', 'its checksum does not fit');
    assert.is((await stat(damages[0]?.keptIn ?? '')).isFile(), true);
    assert.equal((await newestSnapshot(dataDir)).passedOver, []);
  });

  it('is refused when the server does not deliver all of it, and then left as it is', async (scope) => {
    const { dataDir, first, startAgain, open } = await filled(scope);
    await first.server[Symbol.asyncDispose]();
    await spoil(blockFileIn(first.dataDir, desiredStateBucket), '"name":"one"');
    const blocks = readBlocks(first.dataDir, desiredStateStream);
    const bus = await startAgain();

    const error = await thrownBy(() => open(bus));

    assert.instance(error, DamagedStore);
    assert.is((error as DamagedStore).stream, desiredStateStream);
    assert.match(error.message, /damaged: 1 record not delivered by the server, 1 record missing\./);
    const evidence = (error as DamagedStore).evidence as StateEvidence;
    const messages = await messagesOf(desiredStateStream, blocks);
    const placed = await placeRemains(dataDir, { evidence, messages });
    assert.equal(placed, {
      isNew: true,
      writtenAt: '2030-01-01T00:00:00.000Z',
      isEmpty: false,
      restored: ['app one'],
      older: [],
      lost: [],
    });
  });

  it('is refused when records are missing, older or not what was stored', async (scope) => {
    const { first, store, open } = await filled(scope);
    const bucket = await Bucket.open<unknown>(first.bus, desiredStateBucket);
    const problems = async () => ((await thrownBy(() => open(first))) as DamagedStore).problems;

    await bucket.put(`app.${one.guid}`, { sha256: '0'.repeat(64), record: one });
    assert.equal(await problems(), ['1 record unreadable']);
    await store.create('app', appRecord({ name: 'more' }));
    await first.bus.flush();
    assert.equal(await problems(), ['1 record unreadable']);
  });

  it('is what was placed, in place of what is stored', async (scope) => {
    const { dataDir, first, store, open, damages } = await filled(scope);
    const wanted = { ...snapshotOf(store), store: null, revision: 0 };
    const three = appRecord({ name: 'three' });
    const changed = { ...two, name: 'two, restored' };
    const records = [three, changed].map((app) => ({ key: `app.${app.guid}`, revision: 0, json: JSON.stringify(app) }));
    await placeSnapshot(dataDir, { ...wanted, records });

    const again = await open(first);

    assert.equal(namesIn(again.store).sort(), ['three', 'two, restored']);
    assert.is(again.isRestored, true);
    assert.equal(again.store.get('app', two.guid), changed, 'times and all');
    assert.equal(damages, []);
    assert.equal((await readdir(join(dataDir, 'snapshots'))).sort(), ['00000001.state']);
    assert.equal(namesIn((await open(first)).store).sort(), ['three', 'two, restored']);
  });

  it('is what was placed, also when a start before was cut short', async (scope) => {
    const { dataDir, store, open } = await filled(scope);
    const wanted = snapshotOf(store);
    const bus = await startBus(scope);
    const bucket = await Bucket.open<unknown>(bus.bus, desiredStateBucket);
    await bucket.put(`app.${one.guid}`, one); // as far as the other start came
    await placeSnapshot(dataDir, wanted);

    assert.equal(namesIn((await open(bus)).store), ['one', 'two']);
  });

  it('stays as it is when what was placed is damaged', async (scope) => {
    const { dataDir, first, open, damages } = await filled(scope);
    await writeFile(placedFileIn(dataDir), 'nonsense');

    const again = await open(first);

    assert.equal(namesIn(again.store), ['one', 'two']);
    assert.match(damages[0]?.found ?? '', 'The state that was to be restored cannot be read');
    assert.is(await readFile(damages[0]?.keptIn ?? '', 'utf8'), 'nonsense');
  });

  it('is taken as it is where there is no snapshot', async (scope) => {
    const { dataDir, first, open, damages } = await filled(scope);
    await rm(join(dataDir, 'snapshots'), { recursive: true });

    assert.equal(namesIn((await open(first)).store), ['one', 'two']);
    assert.equal(damages, []);
  });
});
