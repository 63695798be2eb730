import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { pushSource } from '#cli/push/push-source.ts';
import { ActionableError } from '#ground/errors.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

function refusalOf(path: string): string {
  try {
    return `taken as ${pushSource(path).kind}`;
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return `${error.code} ${error.message} ${error.remedy}`;
  }
}

describe('push source', (it) => {
  it('is a folder with the size of its files', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'a'), '12345');
    await writeFile(join(folder, 'b'), '678');

    const source = pushSource(folder);

    assert.is(source.kind, 'folder');
    assert.is(source.sizeBytes, 8);
  });

  it('is an archive, whatever the case of its ending', async (scope) => {
    const folder = await scratchDirectory(scope);
    for (const name of ['a.zip', 'b.jar', 'c.WAR']) {
      await writeFile(join(folder, name), 'PK\u0003\u0004and more');

      assert.is(pushSource(join(folder, name)).kind, 'archive');
      assert.is(pushSource(join(folder, name)).sizeBytes, 12);
    }
  });

  it('is nothing else', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'app.js'), 'x');
    await writeFile(join(folder, 'no.zip'), 'not a zip');
    await writeFile(join(folder, 'short.zip'), 'P');
    await writeFile(join(folder, 'empty.jar'), Buffer.from('504b0506000000000000', 'hex'));
    await mkdir(join(folder, 'folder.zip'));
    const at = (name: string) => join(folder, name);

    assert.is(
      refusalOf(at('app.js')),
      `BAD_INPUT ${at('app.js')} is neither a folder nor an archive. Push the folder it lies in, or a .zip, .jar or .war file.`,
    );
    assert.match(refusalOf(at('no.zip')), /is not a zip archive, whatever its name says\. Make the archive anew/);
    assert.match(refusalOf(at('short.zip')), /is not a zip archive/);
    assert.match(refusalOf(at('empty.jar')), /is an empty archive\./);
    assert.match(refusalOf(at('folder.zip')), /is empty, or its \.cfignore/);
    assert.is(
      refusalOf(at('missing')),
      `BAD_INPUT There is no ${at('missing')}. Name the folder of the app: \`localpaas push <path>\`. A name of the app goes after \`--name\`.`,
    );
    assert.match(refusalOf(at('app.js/below')), /^BAD_INPUT There is no /);
  });
});
