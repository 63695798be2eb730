import * as assert from 'uvu/assert';
import { readSnapshot, type Snapshot, snapshotText } from '#components/cloud-controller/snapshots/snapshot.ts';
import { sha256Of } from '#ground/digest.ts';
import { describe } from '../../../support/spec.ts';

const snapshot: Snapshot = {
  writtenAt: '2030-01-01T00:00:00.000Z',
  program: '1.2.3',
  store: 'a-store',
  revision: 42,
  events: { revision: 7, count: 5 },
  records: [
    { key: 'app.one', revision: 3, json: '{"guid":"one","text":"sha256 x\\n grüße"}' },
    { key: 'route.two', revision: 42, json: '{"guid":"two"}' },
  ],
};
const text = snapshotText(snapshot);

const reasonOf = (content: string) => {
  const read = readSnapshot(content);
  return read.ok ? 'nothing is wrong' : read.reason;
};
/** The text after a change, with a checksum that fits. */
const changed = (change: (body: string) => string) => {
  const body = change(text.slice(0, text.lastIndexOf('sha256')));
  return `${body}sha256 ${sha256Of(body)}\n`;
};

describe('the text of a snapshot', (it) => {
  it('is read as it was written', () => {
    assert.equal(readSnapshot(text), { ok: true, snapshot });
    const empty = { ...snapshot, store: null, records: [] };
    assert.equal(readSnapshot(snapshotText(empty)), { ok: true, snapshot: empty });
  });

  it('is a line about the whole, one for each record, and a checksum of everything before', () => {
    const lines = text.split('\n');
    assert.is(lines.length, 5);
    assert.is(JSON.parse(lines[0] ?? '').records, 2);
    assert.is(lines[2], 'route.two 42 {"guid":"two"}');
    assert.is(lines[3], `sha256 ${sha256Of(`${lines.slice(0, 3).join('\n')}\n`)}`);
  });

  it('is refused with any bit flipped', () => {
    const bytes = Buffer.from(text);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.is(readSnapshot(flipped.toString('utf8')).ok, false, `bit ${bit}`);
    }
  });

  it('is refused when it is cut short anywhere', () => {
    for (let length = 0; length < text.length; length += 1) {
      assert.is(readSnapshot(text.slice(0, length)).ok, false, `${length} characters`);
    }
  });

  it('is refused with the reason', () => {
    assert.is(reasonOf(''), 'it is empty');
    assert.is(reasonOf('hello\nworld\n'), 'it is no snapshot of localpaas');
    assert.is(reasonOf(text.slice(0, -10)), 'it is cut short');
    assert.is(reasonOf(text.replace('grüße', 'Grüße')), 'its checksum does not fit');
    assert.is(
      reasonOf(changed((body) => body.replace('"version":1', '"version":2'))),
      'a newer localpaas wrote it (1.2.3)',
    );
    assert.is(reasonOf(changed((body) => body.replace('route.two 42', 'route.two'))), 'its lines are no records');
    assert.is(reasonOf(changed((body) => body.replace(/^route.*\n/m, ''))), 'its lines are no records');
    assert.match(reasonOf(changed((body) => body.replace('"revision":42', '"revision":-1'))), 'revision');
  });
});
