import { readdirSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { allRemoved } from '../peers.ts';
import { buildpack, start } from './played-staging.ts';

const release = `echo '{default_process_types: {web: "sleep 60"}}'`;
const filling = (line: string) => ({ packs: { pack: buildpack({ compile: line, release }) } });
const options = { maxDiskMb: 40 };

/** Writes file after file, a megabyte each, until it is stopped. */
const forEver = (directory: string) =>
  `for ((i = 0; i < 400; i++)); do head -c 1000000 /dev/urandom > "${directory}/$i" || exit; done; sync; sleep 60`;

describe(
  'a buildpack that fills the disk',
  (it) => {
    for (const [where, directory] of [
      ['the app', '$1'],
      ['its cache', '$2'],
      ['$HOME', '$HOME'],
      ['$TMPDIR', '$TMPDIR'],
    ] as const) {
      it(`by ${where} is stopped at its limit, and what it made is removed`, async (scope) => {
        const { stager, stage, cloud, request } = await start(scope, { ...filling(forEver(directory)), options });
        request.properties.resources.disk = 10;

        const error = (await stage()).error ?? '';

        assert.match(
          error,
          /Staging used more than 40M of disk \(\d+M when it was stopped\), and what it made was removed\./,
        );
        assert.match(error, 'give the app a disk limit above 40M');
        assert.is(cloud.uploads.length, 0);
        await allRemoved(stager);
        assert.ok(bytesBelow(stager.dataDir) < 1_000_000, 'not even in a cache');
      });
    }

    it('may do so as far as the limit of its app allows', async (scope) => {
      const line =
        'for i in {1..60}; do head -c 1000000 /dev/urandom > "$TMPDIR/$i" || exit; done; sync; rm "$TMPDIR"/[0-9]*';
      const { stage, request } = await start(scope, { ...filling(line), options });
      request.properties.resources.disk = 100;
      const { error } = await stage();
      assert.is(error, undefined, error ?? '');
    });

    it('by one file is refused so large a file, whatever it makes of that', async (scope) => {
      const line = 'head -c 100000000 /dev/urandom > "$2/file" || true';
      const { stager, stage, request } = await start(scope, { ...filling(line), options });
      request.properties.resources.disk = 10;

      const reply = await stage();

      assert.match(`${reply.task_log}${reply.error ?? ''}`, /File size limit exceeded|Staging used more than 40M/);
      await allRemoved(stager);
      // As much of it as was allowed may stay in the cache, beside the little that is always there.
      const bytes = bytesBelow(stager.dataDir);
      assert.ok(bytes <= 41 * 1024 ** 2, `${bytes} bytes`);
    });

    it('is stopped before the disk is full', async (scope) => {
      const { bavail, bsize } = await statfs(tmpdir());
      const keptFreeMb = Math.ceil((bavail * bsize) / 1024 ** 2) + 1024;
      const { stager, stage } = await start(scope, { ...filling('sleep 60'), options: { keptFreeMb } });

      const error = (await stage()).error ?? '';

      assert.match(
        error,
        /Staging was stopped because the disk of \S+ has only \S+ of room left; \d+M have to stay free\./,
      );
      assert.match(error, '`localpaas doctor` shows what localpaas itself uses');
      await allRemoved(stager);
    });

    it('in a hook is stopped, too', async (scope) => {
      const { stage, request } = await start(scope, { ...filling('true'), options });
      request.properties.resources.disk = 10;
      request.hooks = { 'pre-staging': [forEver('.')] };
      assert.match((await stage()).error ?? '', 'Staging used more than 40M of disk');
    });
  },
  { timeoutMs: 120_000 },
);

function bytesBelow(directory: string): number {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
