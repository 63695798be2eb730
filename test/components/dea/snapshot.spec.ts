import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type InstanceRecord, recordOf } from '#components/dea/instance-record.ts';
import { readSnapshot, Snapshot } from '#components/dea/snapshot.ts';
import { damageIn } from '#ground/damage.ts';
import { createLog, type LogEntry, silentLog } from '#ground/log.ts';
import { spoil } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { optionsFor, requestFor } from './support.ts';

const recordNamed = (name: string): InstanceRecord =>
  recordOf(requestFor({ path: '/none', sha1: 'abc' }, { name }), optionsFor({}), 1);

async function pathIn(scope: Scope): Promise<string> {
  return join(await scratchDirectory(scope), 'instances.json');
}

describe('snapshot', (it) => {
  it('is read as it was written', async (scope) => {
    const path = await pathIn(scope);
    const records = [recordNamed('a'), { ...recordNamed('b'), port: 61_000, process: { pid: 1, startedAt: 'x' } }];
    const snapshot = new Snapshot(path, () => records, silentLog);

    snapshot.touch();
    await snapshot[Symbol.asyncDispose]();

    assert.equal(await readSnapshot(path, silentLog), records);
  });

  it('holds the last of many changes', async (scope) => {
    const path = await pathIn(scope);
    let records = [recordNamed('a')];
    const snapshot = new Snapshot(path, () => records, silentLog);

    for (let change = 0; change < 100; change += 1) {
      records = [recordNamed(`a${change}`)];
      snapshot.touch();
      if (change % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await snapshot[Symbol.asyncDispose]();

    assert.is((await readSnapshot(path, silentLog))[0]?.name, 'a99');
    assert.equal(await readdir(join(path, '..')), ['instances.json'], 'no temporary file is left');
    assert.is((await stat(path)).mode & 0o777, 0o600);
  });

  it('is empty when there is none', async (scope) => {
    assert.equal(await readSnapshot(await pathIn(scope), silentLog), []);
  });

  it('is set aside when a bit of it was flipped', async (scope) => {
    const path = await pathIn(scope);
    const snapshot = new Snapshot(path, () => [{ ...recordNamed('a'), port: 61_000 }], silentLog);
    snapshot.touch();
    await snapshot[Symbol.asyncDispose]();
    await spoil(path, '61000');

    assert.equal(await readSnapshot(path, silentLog), []);
    assert.is(await readFile(path, 'utf8').catch(() => 'gone'), 'gone');
  });

  it('is set aside when it cannot be understood', async (scope) => {
    const path = await pathIn(scope);
    for (const text of [
      '{"version":1,"inst',
      '{"version":2,"instances":[]}',
      '{"version":1,"instances":[{"id":5}]}',
      '',
    ]) {
      await writeFile(path, text);
      const entries: LogEntry[] = [];

      assert.equal(
        await readSnapshot(
          path,
          createLog((entry) => entries.push(entry)),
        ),
        [],
      );

      const [damage] = entries.map(damageIn);
      assert.is(await readFile(damage?.keptIn ?? '', 'utf8'), text);
      assert.match(damage?.found ?? '', path);
    }
  });

  it('is told of when it cannot be written', async (scope) => {
    const entries: LogEntry[] = [];
    const path = join(await pathIn(scope), 'no-directory', 'instances.json');
    const snapshot = new Snapshot(
      path,
      () => [],
      createLog((entry) => entries.push(entry)),
    );

    snapshot.touch();
    await snapshot[Symbol.asyncDispose]();

    assert.is(entries[0]?.event, 'snapshot not written');
  });
});
