import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { flawsIn, type Reference } from '../../../scripts/plug/inspect-home.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

async function put(home: string, path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), content);
}

async function putBlob(home: string, content: string): Promise<Reference & { readonly path: string }> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const path = join('cloud-controller', 'blobs', sha256.slice(0, 2), sha256);
  await put(home, path, content);
  return { of: `the droplet of ${content}`, sha256, path };
}

const inspect = (home: string, ...references: Reference[]) =>
  flawsIn(home, { references: async () => references, signal: new AbortController().signal, limitMs: 300 });

describe('the inspection of a home', (it) => {
  it('finds nothing where everything is whole', async (scope) => {
    const home = await scratchDirectory(scope);
    const blob = await putBlob(home, 'bits');
    await put(home, 'cloud-controller/admin.json', '{}');
    await put(home, 'dea/instances.json', '{"version":1,"instances":[{"directory":"app-0-1"}]}');
    await put(home, 'dea/instances/app-0-1/app/left.tmp');
    await put(home, 'nats-server/store/x.tmp');

    assert.equal(await inspect(home, blob), []);
  });

  it('finds temporary files, half an upload and directories of instances that nobody knows', async (scope) => {
    const home = await scratchDirectory(scope);
    await put(home, 'cli/login.json.12-abcdef01.tmp');
    await put(home, 'cloud-controller/blobs/incoming/run-1', 'half');
    await put(home, 'dea/instances/app-0-1/startup');

    assert.equal((await inspect(home)).toSorted(), [
      'cli/login.json.12-abcdef01.tmp was left behind',
      'cloud-controller/blobs/incoming/run-1 was left behind',
      'dea/instances/app-0-1 was left behind',
    ]);
  });

  it('finds files that end in the middle', async (scope) => {
    const home = await scratchDirectory(scope);
    await put(home, 'cloud-controller/identity.json', '{"secret":"ab');
    await put(home, 'dea/instances.json');

    assert.equal(await inspect(home), [
      'cloud-controller/identity.json is no JSON: "{\\"secret\\":\\"ab"',
      'dea/instances.json is no JSON: ""',
    ]);
  });

  it('finds blobs that are damaged or missing', async (scope) => {
    const home = await scratchDirectory(scope);
    const [damaged, missing] = [await putBlob(home, 'one'), await putBlob(home, 'two')];
    await put(home, damaged.path);
    await rm(join(home, missing.path));

    assert.equal(await inspect(home, damaged, missing), [
      `the blob ${damaged.sha256} holds something else (0 bytes)`,
      `the droplet of two has no blob ${missing.sha256}`,
    ]);
  });

  it('waits for what is being tidied up', async (scope) => {
    const home = await scratchDirectory(scope);
    await put(home, 'run/platform.json.7-00000000.tmp');
    let looks = 0;
    const references = async () => {
      looks += 1;
      if (looks === 2) await rm(join(home, 'run/platform.json.7-00000000.tmp'));
      return [];
    };

    assert.equal(await flawsIn(home, { references, signal: new AbortController().signal }), []);
    assert.is(looks, 3);
  });
});
