import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { ErrorBody } from '#contract/api/errors.ts';
import type { HttpAnswer } from '#ground/http-client.ts';
import { openZip } from '#ground/unzip.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import type { Scope } from '../../../support/spec.ts';
import {
  createApp,
  createPackage,
  filesBelow,
  startTestOperations,
  type TestOperations,
  type TestOptions,
  upload,
  zipWith,
} from '../operations.ts';

export const sha1Of = (text: string) => createHash('sha1').update(text).digest('hex');
export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const resourceOf = (path: string, text: string) => ({
  path,
  mode: '755',
  checksum: { value: sha1Of(text) },
  size_in_bytes: Buffer.byteLength(text),
});

export async function startWithPackage(scope: Scope, given: TestOptions = {}) {
  const cc = await startTestOperations(scope, given);
  const app = await createApp(cc.store);
  return { cc, app, bits: await createPackage(cc.store, app) };
}

/** What the stored package holds, by path. */
export async function contentOf(scope: Scope, { operations }: TestOperations, answer: HttpAnswer) {
  const path = join(await scratchDirectory(scope), 'package.zip');
  await writeFile(path, await buffer(operations.packageStream(JSON.parse(await answer.text()))));
  const zip = scope.use(await openZip(path));
  const texts: Record<string, string> = {};
  for (const entry of zip.entries) {
    if (entry.kind === 'file') texts[entry.path] = String(await buffer(zip.read(entry)));
  }
  return { texts, entries: zip.entries };
}

/** The refusal's text, after checking that the package says the same and that nothing is left on the disk. */
export async function refusalOf({ store, dataDir }: TestOperations, guid: string, answer: HttpAnswer, status = 422) {
  const text = await answer.text();
  assert.is(answer.status, status, text);
  const [error] = v.parse(ErrorBody, JSON.parse(text)).errors;
  const record = store.get('package', guid);
  assert.is(record?.state, 'FAILED');
  assert.is(record?.error, error?.detail);
  assert.equal(await filesBelow(join(dataDir, 'blobs')), []);
  return `${error?.title}: ${error?.detail}`;
}

/** Puts files into the resource pool as pushes do. */
export async function pool(cc: TestOperations, files: Readonly<Record<string, string>>): Promise<void> {
  const app = await createApp(cc.store, { name: 'earlier' });
  const answer = await upload(cc, await createPackage(cc.store, app), { bits: await zipWith(files) });
  assert.is(answer.status, 200, await answer.text());
  const expected = Object.entries(files).map(([path, text]) => resourceOf(path, text));
  await waitFor(
    'the pool to be filled',
    async () => {
      const held = await cc.operations.matchResources(expected);
      return held.length === expected.length ? true : undefined;
    },
    { limitMs: 15_000 },
  );
}

/** Deletes the packages that are READY and waits until their blobs are gone. */
export async function waitForNoBlobs(cc: TestOperations, limit = 0): Promise<void> {
  for (const { guid, state } of cc.store.all('package')) {
    if (state === 'READY' && limit === 0) await cc.store.delete('package', guid);
  }
  await waitFor(
    'the blobs to go',
    async () => ((await filesBelow(join(cc.dataDir, 'blobs'))).length === 0 ? true : undefined),
    { limitMs: 15_000 },
  );
}
