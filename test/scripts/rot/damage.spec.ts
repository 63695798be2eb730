import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Damage, inflict, planDamages, type Way } from '../../../scripts/rot/damage.ts';
import { randomFrom } from '../../../scripts/torture/random.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const content = Buffer.alloc(1_000, 'x');

/** A home with a file that is damaged in some way. */
async function damaged(scope: Scope, way: Way, given: Partial<Damage> = {}) {
  const home = await scratchDirectory(scope);
  await writeFile(join(home, 'file'), content);
  await inflict({ path: 'file', way, at: 0.5, bytes: 64, ...given }, home);
  return { home, path: join(home, 'file') };
}

const differing = (one: Buffer) => [...one].filter((byte, index) => byte !== content[index]).length;

describe('damage', (it) => {
  it('changes as much of a file as it says, and where', async (scope) => {
    const bit = await readFile((await damaged(scope, 'flip a bit')).path);
    assert.is(bit.length, 1_000);
    assert.is(differing(bit), 1);
    assert.is.not(bit[500], content[500]);

    const zeros = await readFile((await damaged(scope, 'zero a block')).path);
    assert.equal(zeros.subarray(500, 564), Buffer.alloc(64));
    assert.is(differing(zeros), 64);

    const over = await readFile((await damaged(scope, 'overwrite a block', { bytes: 4096 })).path);
    assert.is(over.length, 1_000);
    assert.ok(differing(over) > 400);
    assert.ok(differing(await readFile((await damaged(scope, 'flip many bits')).path)) === 10);
  });

  it('takes away, adds and replaces', async (scope) => {
    assert.is((await stat((await damaged(scope, 'cut')).path)).size, 500);
    assert.is((await stat((await damaged(scope, 'empty')).path)).size, 0);
    assert.is((await stat((await damaged(scope, 'append')).path)).size, 1_064);
    assert.equal(await readdir((await damaged(scope, 'delete')).home), []);
    assert.ok((await stat((await damaged(scope, 'become a directory')).path)).isDirectory());
  });

  it('leaves alone what is not there any more', async (scope) => {
    const { home } = await damaged(scope, 'delete');

    await inflict({ path: 'file', way: 'flip a bit', at: 0, bytes: 1 }, home);

    assert.equal(await readdir(home), []);
  });

  it('is the same for the same seed', async (scope) => {
    const home = await scratchDirectory(scope);
    for (const path of ['cli', 'run', 'dea', 'cloud-controller/snapshots', 'nats-server/store']) {
      await mkdir(join(home, path), { recursive: true });
    }
    await writeFile(join(home, 'cloud-controller', 'snapshots', '00000001.state'), 'x');
    await writeFile(join(home, 'dea', 'instances.json'), 'x');
    const plan = (seed: number) => planDamages(randomFrom(seed), home);

    const plans = await Promise.all(Array.from({ length: 40 }, (_, seed) => plan(seed)));

    assert.equal(await Promise.all(Array.from({ length: 40 }, (_, seed) => plan(seed))), plans);
    assert.ok(plans.some((damages) => damages.length === 0));
    assert.ok(plans.some((damages) => damages.length > 1));
  });
});
