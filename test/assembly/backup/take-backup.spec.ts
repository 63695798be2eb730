import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { readBackup } from '#assembly/backup/read-backup.ts';
import { blobFileIn, type DesiredState } from '#components/cloud-controller/index.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { backupBytes, dropletOf, guidOf, homeWith, packageOf, sha256Of, stateWith, streamOf } from './sample-backup.ts';

const signal = new AbortController().signal;
const namesOf = (state: DesiredState) => state.app.map(({ name }) => name);

describe('taking a backup', (it) => {
  it('has the bits of the state it tells of, though the platform replaces them meanwhile', async (scope) => {
    const { dataDir } = await homeWith(scope, ['one', 'two']);
    const old = { ...stateWith(['one', 'two']), package: [], droplet: stateWith(['gone']).droplet };
    let asked = 0;
    const state = async () => {
      asked += 1;
      return asked === 1 ? old : stateWith(['one', 'two']);
    };

    const { taken, bytes } = await backupBytes({ dataDir, state });

    assert.is(asked, 2);
    assert.equal(taken.lost, []);
    assert.equal((await readBackup(streamOf(bytes), { signal })).state, stateWith(['one', 'two']));
  });

  it('goes on reading what is deleted while it is written', async (scope) => {
    const { dataDir } = await homeWith(scope, ['one', 'two']);
    let bytes = Buffer.alloc(0);

    await backupBytes(
      { dataDir, state: async () => stateWith(['one', 'two']) },
      {
        write: async (archive) => {
          for (const content of [packageOf('one'), dropletOf('one'), packageOf('two'), dropletOf('two')]) {
            await rm(blobFileIn(dataDir, sha256Of(content)));
          }
          bytes = await buffer(archive.pipe(new PassThrough()));
        },
      },
    );

    assert.is((await readBackup(streamOf(bytes), { signal })).record.members.length, 6);
  });

  it('takes only the apps that are wanted, with what is theirs', async (scope) => {
    const { dataDir } = await homeWith(scope, ['one', 'two', 'three']);
    const source = { dataDir, state: async () => stateWith(['one', 'two', 'three']) };

    const { bytes } = await backupBytes(source, { apps: ['three', 'one'] });

    assert.equal((await readBackup(streamOf(bytes), { signal })).state, stateWith(['one', 'three']));
    const error = await thrownBy(() => backupBytes(source, { apps: ['one', 'four'] }));
    assert.match(error.message, /There is no app named 'four'/);
  });

  const damages: Record<string, (path: string) => Promise<void>> = {
    missing: (path) => rm(path),
    shorter: (path) => truncate(path, 100),
    rotten: async (path) => {
      const bytes = await readFile(path);
      bytes[bytes.length - 1] = 0;
      await writeFile(path, bytes);
    },
  };
  for (const [how, damage] of Object.entries(damages)) {
    it(`refuses bits that are ${how}, and goes on without them when it is told to`, async (scope) => {
      const { dataDir } = await homeWith(scope, ['one', 'two']);
      await damage(blobFileIn(dataDir, sha256Of(dropletOf('one'))));
      const source = { dataDir, state: async () => stateWith(['one', 'two']) };

      const error = await thrownBy(() => backupBytes(source));
      assert.instance(error, ActionableError, error.stack);
      assert.is((error as ActionableError).code, 'DAMAGED');
      assert.match(error.message, /^Bits of one are damaged or missing on this disk/);
      assert.match((error as ActionableError).remedy, /--skip-damaged/);

      const { taken, bytes } = await backupBytes(source, { skipDamaged: true });
      assert.equal(
        taken.lost.map(({ apps }) => apps),
        [['one']],
      );
      const { state } = await readBackup(streamOf(bytes), { signal });
      assert.equal(namesOf(state), ['one', 'two']);
      assert.equal(
        state.app.map(({ currentDroplet, state: wish }) => [currentDroplet, wish]),
        [
          [null, 'STOPPED'],
          [guidOf('droplet', 'two'), 'STARTED'],
        ],
      );
      assert.equal(
        state.package.map(({ guid }) => guid),
        [guidOf('package', 'one'), guidOf('package', 'two')],
      );
    });
  }

  it('is made of a platform whose account is damaged, too', async (scope) => {
    const { dataDir } = await homeWith(scope, ['one']);

    const { bytes } = await backupBytes({ dataDir, state: async () => stateWith(['one']), account: undefined });

    assert.is((await readBackup(streamOf(bytes), { signal })).account, undefined);
  });

  it('tells how far it is, to the end', async (scope) => {
    const { dataDir } = await homeWith(scope, ['one']);
    const told: [number, number][] = [];

    await backupBytes(
      { dataDir, state: async () => stateWith(['one']) },
      { progress: (done, all) => told.push([done, all]) },
    );

    const [done = 0, all = 1] = told.at(-1) ?? [];
    assert.ok(done > packageOf('one').length && done <= all, `${done} of ${all}`);
  });
});
