import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildpackSourceOf, sourceText } from '#cli/buildpacks/buildpack-source.ts';
import { ActionableError } from '#ground/errors.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('the source of a buildpack', (it) => {
  it('is a folder, a zip, a git repository or the address of a zip', async (scope) => {
    const here = await scratchDirectory(scope);
    await mkdir(join(here, 'pack'));
    await writeFile(join(here, 'pack.zip'), '');

    for (const [given, source] of [
      ['./pack', { kind: 'folder', path: join(here, 'pack') }],
      ['pack.zip', { kind: 'zip', path: join(here, 'pack.zip') }],
      ['https://host/pack.zip?x=1', { kind: 'zip-address', url: 'https://host/pack.zip?x=1' }],
      ['https://host/pack.git', { kind: 'git', url: 'https://host/pack.git', revision: '' }],
      ['https://host/pack#feature%2Fone', { kind: 'git', url: 'https://host/pack', revision: 'feature/one' }],
      ['git@host:team/pack.git#v1', { kind: 'git', url: 'git@host:team/pack.git', revision: 'v1' }],
      [`file://${here}/pack.git`, { kind: 'git', url: `file://${here}/pack.git`, revision: '' }],
    ] as const) {
      assert.equal(buildpackSourceOf(given, here), source);
    }
  });

  it('is kept as text that finds it again, without a password', async (scope) => {
    const here = await scratchDirectory(scope);
    await mkdir(join(here, 'pack'));

    for (const [given, text] of [
      ['pack', join(here, 'pack')],
      ['https://host/pack.git#v1', 'https://host/pack.git#v1'],
      ['https://me:secret@host/pack.git#v1', 'https://me@host/pack.git#v1'],
      ['git@host:team/pack.git', 'git@host:team/pack.git'],
    ] as const) {
      assert.is(sourceText(buildpackSourceOf(given, here)), text);
    }
  });

  it('is refused with what would be one', async (scope) => {
    const here = await scratchDirectory(scope);

    for (const [given, code, why] of [
      ['nowhere', 'NOT_FOUND', 'There is no folder or zip at'],
      ['ftp://host/pack.git', 'BAD_INPUT', 'is no address of a buildpack'],
      ['https://', 'BAD_INPUT', 'is no address of a buildpack'],
      ['ext::sh -c true', 'BAD_INPUT', 'is no address of a buildpack'],
    ] as const) {
      const error = await thrownBy(() => buildpackSourceOf(given, here));
      assert.ok(error instanceof ActionableError);
      assert.is(error.code, code, given);
      assert.match(error.message, why);
    }
  });
});
