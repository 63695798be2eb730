import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { AppRecord } from '#components/cloud-controller/records.ts';
import { type Damage, damageIn } from '#ground/damage.ts';
import { createLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import type { TestOperations } from '../operations.ts';
import { type PlayedDea, playDea } from '../running/dea.ts';
import { bring, done, playStager, staged, startWithBits } from './stager.ts';

/** An app that runs a droplet which was staged from its package. */
async function running(scope: Scope) {
  const damages: Damage[] = [];
  const log = createLog((entry) => {
    const damage = damageIn(entry);
    if (damage !== undefined) damages.push(damage);
  });
  const { cc, app, bits } = await startWithBits(scope, { log });
  await playStager(scope, cc, async ({ upload_uri }) => {
    await bring(upload_uri);
    return done;
  });
  const { droplet } = await staged(cc, bits);
  const started = await cc.store.update('app', app.guid, (record) => ({
    ...record,
    state: 'STARTED',
    currentDroplet: droplet,
  }));
  const dea = await playDea(scope, cc);
  await cc.operations.start(started);
  await waitFor('the instance', () => dea.starts[0], { limitMs: 20_000 });
  const told = () => waitFor('what is said', () => damages[0], { limitMs: 20_000 });
  return { cc, app: started, bits, dea, damages, told };
}

const fileOf = (cc: TestOperations, sha256: string) => join(cc.dataDir, 'blobs', sha256.slice(0, 2), sha256);
const dropletOf = (cc: TestOperations, { guid }: AppRecord) =>
  cc.store.get('droplet', cc.store.get('app', guid)?.currentDroplet ?? '');

function crash(dea: PlayedDea): void {
  for (const instance of dea.live) dea.exits(instance, { reason: 'CRASHED' });
}

describe(
  'a droplet that a disk has spoiled',
  (it) => {
    it('is staged again from its package when an instance of it crashes', async (scope) => {
      const { cc, app, dea, told } = await running(scope);
      const before = dropletOf(cc, app);
      assert.ok(before);
      await writeFile(fileOf(cc, before.sha256), 'spoilt');

      crash(dea);

      const damage = await told();
      assert.is(damage.found, `The droplet of app ${app.name} is damaged on disk.`);
      assert.is(damage.done, 'It was staged again from its package.');
      assert.is(await readFile(damage.keptIn ?? '', 'utf8'), 'spoilt');
      const after = dropletOf(cc, app);
      assert.ok(after && after.guid !== before.guid);
      assert.is((await stat(fileOf(cc, after.sha256))).size, after.sizeBytes);
      assert.is(cc.store.get('droplet', before.guid), undefined);
      await waitFor(
        'an instance of the new one',
        () => dea.starts.find(({ version }) => version.endsWith(`-${app.runCount + 1}`)),
        {
          limitMs: 20_000,
        },
      );
    });

    it('is staged again, too, when its file is gone', async (scope) => {
      const { cc, app, dea, told } = await running(scope);
      await rm(fileOf(cc, dropletOf(cc, app)?.sha256 ?? ''));

      crash(dea);

      const damage = await told();
      assert.is(damage.found, `The droplet of app ${app.name} is missing.`);
      assert.is(damage.done, 'It was staged again from its package.');
    });

    it('is explained when its package is spoiled as well', async (scope) => {
      const { cc, app, bits, dea, damages } = await running(scope);
      await writeFile(fileOf(cc, dropletOf(cc, app)?.sha256 ?? ''), 'spoilt');
      await rm(fileOf(cc, bits.sha256 ?? ''));
      await cc.store.delete('package', bits.guid);

      crash(dea);

      const damage = await waitFor('what is said', () => damages[0], { limitMs: 20_000 });
      assert.is(damage.done, 'It could not be staged again. Its package is gone, too.');
      assert.is(damage.next, `Push ${app.name} again.`);
    });

    it('is left alone as long as it is whole, however often its app crashes', async (scope) => {
      const { cc, app, dea, damages } = await running(scope);
      const before = dropletOf(cc, app);

      for (let crashes = 0; crashes < 3; crashes += 1) {
        crash(dea);
        await cc.settled();
      }

      assert.equal(dropletOf(cc, app), before);
      assert.is(cc.store.all('build').length, 1);
      assert.equal(damages, []);
    });
  },
  { timeoutMs: 120_000 },
);

describe('a package that a disk has spoiled', (it) => {
  it('is named as the reason why it cannot be staged', async (scope) => {
    const damages: Damage[] = [];
    const log = createLog((entry) => {
      const damage = damageIn(entry);
      if (damage !== undefined) damages.push(damage);
    });
    const { cc, app, bits } = await startWithBits(scope, { log });
    await playStager(scope, cc, async () => ({ ...done, error: 'it is no zip' }));

    assert.is((await staged(cc, bits)).error, 'it is no zip');
    const other = { ...bits, sha256: 'f'.repeat(64) };
    await cc.store.update('package', bits.guid, () => other);

    const { error } = await staged(cc, other);

    assert.is(error, `The package of app ${app.name} is missing: push the app again.`);
    assert.is(damages[0]?.next, `Push ${app.name} again.`);
  });
});
