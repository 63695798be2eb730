import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { fetchArchive } from '#workload/lifecycle/replay/fetch-archive.ts';
import { FileMap } from '#workload/lifecycle/replay/file-map.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { someHosts, zipWith } from './recordings.ts';

const { signal } = new AbortController();

async function place(scope: Scope) {
  const folder = await scratchDirectory(scope);
  const to = join(folder, 'into', 'here');
  const fetch = (from: string, algorithm = '', value = '', map: readonly string[] = []) =>
    fetchArchive(
      { name: 'it', from, to, checksum_algorithm: algorithm, checksum_value: value },
      new FileMap(map, folder),
      signal,
    );
  const left = async () => (await readdir(join(folder, 'into')).catch(() => [])).filter((name) => name !== 'here');
  return { folder, to, fetch, left };
}

describe('fetching an archive', (it) => {
  it('unpacks zip, tar and tar.gz, also over what is there', async (scope) => {
    const { folder, to, fetch, left } = await place(scope);
    const source = join(folder, 'source');
    await mkdir(source);
    await writeFile(join(source, 'b'), 'from tar');
    execFileSync('tar', ['-cf', join(folder, 'b.tar'), '-C', source, '.']);
    execFileSync('tar', ['-czf', join(folder, 'c.tgz'), '-C', source, '--transform', 's/b$/c/', '.']);
    const hosts = await someHosts(scope, { '/a': await zipWith({ a: 'from zip' }) });
    await fetch(`${hosts.url}/a`);
    await fetch(pathToFileURL(join(folder, 'b.tar')).href);
    await fetch(`${hosts.url}/gone?x=1`, '', '', [`${hosts.url}/gone=c.tgz`]);
    assert.equal((await readdir(to)).sort(), ['a', 'b', 'c']);
    assert.is(await readFile(join(to, 'c'), 'utf8'), 'from tar');
    assert.equal(await left(), []);
  });

  it('checks what it got, before it unpacks', async (scope) => {
    const { to, fetch, left } = await place(scope);
    const zip = await zipWith({ a: '' });
    const hosts = await someHosts(scope, { '/a': zip });
    for (const algorithm of ['md5', 'sha1', 'sha256']) {
      await fetch(`${hosts.url}/a`, algorithm, createHash(algorithm).update(zip).digest('hex').toUpperCase());
    }
    const wrong = await thrownBy(() => fetch(`${hosts.url}/a`, 'sha256', 'ab'));
    assert.match(wrong.message, /its sha256 is [0-9a-f]{64}, not ab/);
    assert.match((await thrownBy(() => fetch(`${hosts.url}/a`, 'crc', 'ab'))).message, /not known here: 'crc'/);
    assert.equal(await readdir(to), ['a']);
    assert.equal(await left(), []);
  });

  it('says what to do about an address that is no good', async (scope) => {
    const { folder, fetch, left } = await place(scope);
    const hosts = await someHosts(scope, {
      '/text': Buffer.from('no archive'),
      '/cut': (await zipWith({ a: 'x' })).subarray(0, 30),
    });
    const refusal = async (from: string) => {
      const error = await thrownBy(() => fetch(from));
      assert.ok('remedy' in error, String(error.stack));
      return error.message;
    };
    assert.match(await refusal(`${hosts.url}/none`), /answered with 404/);
    assert.match(await refusal('http://127.0.0.1:1/x'), /did not answer/);
    assert.match(await refusal('ftp://host/x'), /is no http, https or file address/);
    assert.match(await refusal('nonsense'), /is no address/);
    assert.match(await refusal(pathToFileURL(join(folder, 'none')).href), /cannot be read/);
    assert.match(await refusal(`${hosts.url}/text`), /is no zip, tar or tar\.gz/);
    await refusal(`${hosts.url}/cut`);
    assert.equal(await left(), []);
  });
});
