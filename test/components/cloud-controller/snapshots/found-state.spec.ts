import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import { FoundState, problemsOf } from '#components/cloud-controller/snapshots/found-state.ts';
import type { Snapshot } from '#components/cloud-controller/snapshots/snapshot.ts';
import { describe } from '../../../support/spec.ts';
import { appRecord } from '../records.ts';

const [one, two] = [appRecord({ name: 'one' }), appRecord({ name: 'two' })];
const id = 'the-store';

const snapshot: Snapshot = {
  writtenAt: '2030-01-01T00:00:00.000Z',
  program: '1.2.3',
  store: id,
  revision: 10,
  events: { revision: 0, count: 0 },
  records: [
    { key: `app.${one.guid}`, revision: 5, json: JSON.stringify(one) },
    { key: `app.${two.guid}`, revision: 9, json: JSON.stringify(two) },
  ],
};

type Entry = Parameters<FoundState['take']>;

const record = (value: { guid: string }, revision: number): Entry => [
  `app.${value.guid}`,
  { revision, value, isIntact: true },
];
const deleted = ({ guid }: { guid: string }, revision: number): Entry => [
  `app.${guid}`,
  { revision, value: undefined, isIntact: true },
];
const problemsWith = (
  entries: readonly Entry[],
  given: { lastRevision?: number; missing?: number; id?: string | undefined } = {},
) => {
  const found = new FoundState();
  for (const entry of entries) found.take(...entry);
  return problemsOf({ id, lastRevision: 10, missing: 0, ...given, found }, snapshot);
};

describe('a bucket that was opened', (it) => {
  it('is in order when it holds what the newest snapshot does', () => {
    assert.equal(problemsWith([record(one, 5), record(two, 9)]), []);
  });

  it('is in order when it is ahead of the newest snapshot: that is what a power cut leaves', () => {
    const late = appRecord({ name: 'late' });
    const ahead = [record(one, 11), deleted(two, 12), record(late, 13)];

    assert.equal(problemsWith(ahead, { lastRevision: 13 }), []);
  });

  it('is in order without any snapshot, or with one of another bucket', () => {
    const found = new FoundState();
    assert.equal(problemsOf({ id, lastRevision: 10, missing: 0, found }, undefined), []);
    assert.equal(problemsOf({ id, lastRevision: 1, missing: 0, found }, { ...snapshot, store: 'another' }), []);
  });

  it('lacks records that were there', () => {
    assert.equal(problemsWith([record(one, 5)]), ['1 record missing']);
  });

  it('has records as they were before', () => {
    assert.equal(problemsWith([record(one, 5), record(two, 8)]), ['1 record older than before']);
  });

  it('has records that were deleted', () => {
    const undead = appRecord({ name: 'undead' });
    assert.equal(problemsWith([record(one, 5), record(two, 9), record(undead, 7)]), [
      '1 record back after their deletion',
    ]);
  });

  it('lacks its end', () => {
    assert.equal(problemsWith([record(one, 5), record(two, 9)], { lastRevision: 9 }), ['the last changes missing']);
  });

  it('has records that its server does not deliver', () => {
    const problems = problemsWith([record(one, 5), record(two, 9)], { lastRevision: 13, missing: 2 });

    assert.equal(problems, ['2 records not delivered by the server']);
  });

  it('lacks its mark', () => {
    assert.equal(problemsWith([record(one, 5), record(two, 9)], { id: undefined }), ['its own mark missing']);
  });

  it('has records that cannot be read', () => {
    const lost: Entry = [`app.${two.guid}`, { revision: 9, value: undefined, isIntact: false }];
    const other: Entry = [`app.${one.guid}`, { revision: 5, value: { guid: 'another' }, isIntact: true }];

    assert.equal(problemsWith([other, lost]), ['2 records unreadable']);
  });

  it('is not to blame for what others write into it', () => {
    const strange: Entry[] = [
      ['app.noise', { revision: 11, value: undefined, isIntact: false }],
      ['planet.earth', { revision: 12, value: { guid: 'earth' }, isIntact: true }],
      [`planet.${randomUUID()}`, { revision: 13, value: undefined, isIntact: false }],
    ];

    assert.equal(problemsWith([record(one, 5), record(two, 9), ...strange]), []);
  });
});
