import * as assert from 'uvu/assert';
import type { Found } from '#components/cloud-controller/snapshots/found-state.ts';
import { planRestore, type Remains, type StoredMessage } from '#components/cloud-controller/snapshots/plan-restore.ts';
import { namesOf } from '#components/cloud-controller/snapshots/record-names.ts';
import type { Snapshot } from '#components/cloud-controller/snapshots/snapshot.ts';
import { type AnyRecord, storedRecordOf } from '#components/cloud-controller/stored-record.ts';
import { describe } from '../../../support/spec.ts';
import { appRecord } from '../records.ts';

const [one, two] = [appRecord({ name: 'one' }), appRecord({ name: 'two' })];
const keyOf = ({ guid }: { guid: string }) => `app.${guid}`;
const id = 'the-store';

const snapshot = (revision: number, ...records: (readonly [AnyRecord, number])[]): Snapshot => ({
  writtenAt: '2030-01-01T00:00:00.000Z',
  program: '1.2.3',
  store: id,
  revision,
  events: { revision: 0, count: 0 },
  records: records.map(([record, at]) => ({ key: keyOf(record), revision: at, json: JSON.stringify(record) })),
});
const message = (record: AnyRecord, sequence: number): StoredMessage => ({
  sequence,
  subject: `$KV.cloud-controller.${keyOf(record)}`,
  headers: 'NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: 0\r\n\r\n',
  data: Buffer.from(JSON.stringify(storedRecordOf(record))),
});
const deletion = (record: AnyRecord, sequence: number): StoredMessage => ({
  ...message(record, sequence),
  headers: 'NATS/1.0\r\nKV-Operation: PURGE\r\nNats-Rollup: sub\r\n\r\n',
  data: Buffer.alloc(0),
});
const mark = (store: string): StoredMessage => ({
  sequence: 1,
  subject: '$KV.cloud-controller.store.identity',
  headers: '',
  data: Buffer.from(JSON.stringify(store)),
});
const found = (record: AnyRecord, revision: number): [string, Found] => [
  keyOf(record),
  { revision, is: 'record', record },
];
const plan = (remains: Partial<Remains>) =>
  planRestore({ delivered: new Map(), messages: [], lastRevision: 0, id: undefined, newest: undefined, ...remains });
const namesIn = ({ records }: ReturnType<typeof plan>) =>
  [...records.values()].map((record) => ('name' in record ? record.name : '')).sort();

describe('what is restored', (it) => {
  it('is what the snapshot has, when nothing else is left', () => {
    const { records, restored, unreadChanges } = plan({ newest: snapshot(9, [one, 5], [two, 9]) });

    assert.equal([...records.values()], [one, two]);
    assert.equal(restored, [one, two].map(keyOf));
    assert.is(unreadChanges, undefined, 'nobody knows what came after it');
  });

  it('is nothing, and nobody knows what there was, when neither a snapshot nor a message is left', () => {
    const { records, unreadChanges } = plan({});

    assert.equal([records.size, unreadChanges], [0, undefined]);
  });

  it('is of each record the newest that can be read, wherever it is', () => {
    const changed = { ...one, name: 'one, changed' };
    const latest = { ...two, name: 'two, from its file' };
    const late = appRecord({ name: 'late' });

    const result = plan({
      newest: snapshot(9, [one, 5], [two, 9]),
      delivered: new Map([found(changed, 10)]),
      messages: [message(one, 5), message(two, 9), message(changed, 10), message(latest, 11), message(late, 12)],
      lastRevision: 12,
    });

    assert.equal(namesIn(result), ['late', 'one, changed', 'two, from its file']);
    assert.equal(result.restored, [two, late].map(keyOf), 'what the server did not deliver');
    assert.is(result.unreadChanges, 0);
  });

  it('is nothing that was deleted, after the snapshot or before it', () => {
    const old = appRecord({ name: 'deleted before the snapshot' });

    const result = plan({
      newest: snapshot(9, [one, 5], [two, 9]),
      messages: [message(old, 3), message(one, 5), message(two, 9), deletion(two, 10)],
    });

    assert.equal(namesIn(result), ['one']);
    assert.equal([...result.lost, ...result.older], []);
  });

  it('is what the files hold, when there is no snapshot', () => {
    const result = plan({ messages: [message(one, 2), message({ ...one, name: 'newer' }, 3), message(two, 4)] });

    assert.equal(namesIn(result), ['newer', 'two']);
  });

  it('is older where only that can be read, and says so', () => {
    const spoilt = {
      ...message(one, 10),
      data: Buffer.from(JSON.stringify(storedRecordOf(one)).replace('one', 'eno')),
    };

    const result = plan({ newest: snapshot(9, [one, 5]), messages: [message(one, 5), spoilt], lastRevision: 10 });

    assert.equal(namesIn(result), ['one']);
    assert.equal(result.older, [keyOf(one)]);
  });

  it('leaves out what can nowhere be read, and says so', () => {
    const noJson = { ...message(two, 11), data: Buffer.from('{"sha256": ') };

    const result = plan({ newest: snapshot(9, [one, 5]), messages: [message(one, 5), noJson] });

    assert.equal(namesIn(result), ['one']);
    assert.equal(result.lost, [keyOf(two)]);
  });

  it('counts the changes after the snapshot of which nothing is left', () => {
    const newest = snapshot(9, [one, 5]);

    assert.is(plan({ newest, messages: [message(one, 5), message(two, 12)] }).unreadChanges, 2);
    assert.is(plan({ newest, lastRevision: 10 }).unreadChanges, 1);
    assert.is(plan({ newest, lastRevision: 9 }).unreadChanges, 0);
    assert.is(plan({ newest, lastRevision: 8 }).unreadChanges, undefined, 'not even what the snapshot has is left');
  });

  it('is not what another bucket had, but where nothing else is known', () => {
    const older = { ...one, name: 'one of a bucket that was given up' };
    const newest = { ...snapshot(500, [older, 400], [two, 450]), store: 'another' };

    const result = plan({ newest, messages: [mark(id), message(one, 3)] });

    assert.equal(namesIn(result), ['one', 'two']);
    assert.equal(namesIn(plan({ newest, id, delivered: new Map([found(one, 3)]) })), ['one', 'two']);
  });

  it('is not what others wrote into the bucket', () => {
    const stranger = { ...message(one, 3), subject: '$KV.cloud-controller.planet.earth' };
    const elsewhere = { ...message(one, 3), subject: '$KV.events.app.one' };

    assert.equal(namesIn(plan({ messages: [stranger, elsewhere] })), []);
  });
});

describe('the name of a record', (it) => {
  it('is what users call it', () => {
    const app = appRecord({ guid: 'a', name: 'shop' });
    const records = new Map<string, AnyRecord>([
      ['app.a', app],
      ['route.r', { ...app, guid: 'r', host: 'shop', domain: 'localhost', path: '/cart', destinations: [] }],
      ['route.bare', { ...app, guid: 'bare', host: '', domain: 'example.org', path: '', destinations: [] }],
      ['package.12345678-9', { guid: '12345678-9', app: 'a' } as unknown as AnyRecord],
      ['droplet.abcdefgh-9', { guid: 'abcdefgh-9', app: 'gone' } as unknown as AnyRecord],
    ]);

    assert.equal(namesOf([...records.keys(), 'build.b', 'app.unknown'], records), [
      'app shop',
      'app unknown',
      'droplet abcdefgh of gone',
      'package 12345678 of shop',
      'route example.org',
      'route shop.localhost/cart',
    ]);
  });
});
