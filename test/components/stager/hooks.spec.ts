import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import type { Hooks, StagingRequest } from '#contract/staging.ts';
import { environmentVariableOf, processTable } from '#ground/processes.ts';
import { extractTarGz } from '#ground/tar.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { allRemoved, askToStage, linesOf, playCloudController, requestFor, startStager } from './peers.ts';

const app = rawZip([{ name: 'app.txt', content: 'hello' }]);
const environment = [{ name: 'STACKATO_APP_NAME', value: 'shop' }];

const scripts = {
  detect: '[ -e "$1/app.txt" ] && echo Mine',
  compile: 'cat "$1/made.txt"; mkdir "$1/.profile.d"; echo "export MINE=yes" > "$1/.profile.d/mine.sh"',
  release: `echo '{default_process_types: {web: "cat made.txt"}}'`,
};
const pack = rawZip(
  Object.entries(scripts).map(([name, text]) => {
    return { name: `bin/${name}`, content: `#!/bin/bash\n${text}\n`, mode: 0o100755 };
  }),
);

type By = 'framework' | 'buildpack';

/** A staging with hooks. */
async function staged(scope: Scope, by: By, hooks: Hooks, changes: Partial<Parameters<typeof startStager>[1]> = {}) {
  const stager = await startStager(scope, changes);
  const cloud = await playCloudController(scope, app, {
    download: (request: IncomingMessage, response) => response.end(request.url?.includes('pack') ? pack : app),
  });
  const buildpacks = [{ name: 'mine', key: 'mine', url: `${cloud.address}/pack` }];
  const request: StagingRequest = {
    ...requestFor(cloud, { framework_info: { name: 'standalone' }, meta: { command: 'cat made.txt' } }),
    hooks: { ...hooks, environment },
    ...(by === 'framework'
      ? {}
      : { lifecycle: 'buildpack', lifecycle_data: { buildpacks, skip_detect: true, environment } }),
  };
  request.properties.environment = ['OWN=mine'];
  const reply = await askToStage(stager.bus, request, 20_000);
  return { stager, cloud, reply, lines: linesOf(reply) };
}

async function unpacked(scope: Scope, droplet: Buffer | undefined): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'droplet');
  await extractTarGz(Readable.from([droplet ?? Buffer.alloc(0)]), directory);
  return directory;
}

/** Runs a droplet as a DEA does. @returns its exit status and what it printed */
async function ran(directory: string, env: Readonly<Record<string, string>> = {}) {
  const ended = promisify(execFile)('./startup', [], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...env },
  });
  const status = await ended.then(
    () => 0,
    (error: { code: number }) => error.code,
  );
  const read = (name: string) => readFileSync(join(directory, 'logs', name), 'utf8');
  return { status, out: read('stdout.log').split('\n').slice(0, -1), err: read('stderr.log') };
}

const making = 'echo "$STACKATO_APP_NAME $OWN $(ls)" > made.txt; echo "made it"';

describe('hooks', (it) => {
  for (const by of ['framework', 'buildpack'] as const) {
    it(`run before and after staging by a ${by}, in the directory of the app`, async (scope) => {
      const { cloud, reply, lines, stager } = await staged(scope, by, {
        'pre-staging': [making, 'echo twice'],
        'post-staging': ['echo "after $OWN $MINE"; touch after.txt; ls'],
      });

      assert.is(reply.error, undefined, reply.error ?? '');
      const first = lines.indexOf('made it');
      assert.is(lines[first - 1], `Hook pre-staging: ${making}`);
      assert.is(lines[first + 2], 'twice');
      const after = lines.indexOf(by === 'buildpack' ? 'after mine yes' : 'after mine ');
      assert.ok(first > 0 && after > first, reply.task_log);
      assert.equal(lines.slice(after + 1, after + 4), ['after.txt', 'app.txt', 'made.txt']);
      const droplet = await unpacked(scope, cloud.uploads[0]?.droplet);
      assert.is(readFileSync(join(droplet, 'app/made.txt'), 'utf8'), 'shop mine app.txt\n');
      assert.is(readFileSync(join(droplet, 'app/after.txt'), 'utf8'), '');
      await allRemoved(stager);
    });

    it(`that fail before staging by a ${by} fail it, and say which one it was`, async (scope) => {
      const { cloud, reply, lines } = await staged(scope, by, {
        'pre-staging': ['echo oh dear >&2; exit 7', 'echo never'],
      });

      assert.match(
        reply.error ?? '',
        /The hook pre-staging failed with exit status 7: echo oh dear >&2; exit 7\. Mend/,
      );
      assert.match(reply.error ?? '', /\| .*oh dear$/);
      assert.is(lines.includes('never'), false);
      assert.is(cloud.uploads.length, 0);
    });

    it(`that fail after staging by a ${by} fail it, too`, async (scope) => {
      const { cloud, reply } = await staged(scope, by, { 'pre-staging': [making], 'post-staging': ['kill -9 $$'] });

      assert.match(reply.error ?? '', /The hook post-staging failed with signal: killed: kill -9/);
      assert.is(cloud.uploads.length, 0);
    });

    it(`run before an app that a ${by} made, and not before its tasks`, async (scope) => {
      const { cloud } = await staged(scope, by, {
        'pre-staging': [making],
        'pre-running': [`echo "it's $PWD"`, 'echo "second $MINE"; echo changed > made.txt'],
        'legacy-running': ['echo legacy'],
      });
      const droplet = await unpacked(scope, cloud.uploads[0]?.droplet);

      const { status, out } = await ran(droplet);

      assert.is(status, 0);
      const said = out.filter((line) => !line.startsWith('Invoking'));
      const expected = by === 'buildpack' ? ['second yes'] : ['second ', 'legacy'];
      assert.equal(said, [`it's ${join(droplet, 'app')}`, ...expected, 'changed']);
      const task = await ran(droplet, { VCAP_APPLICATION: '{"name":"shop","task_name":"migrate"}' });
      assert.is(task.out.filter((line) => line === `it's ${join(droplet, 'app')}`).length, 1, 'of the run before');
    });

    it(`that fail before an app that a ${by} made end the instance`, async (scope) => {
      const { cloud } = await staged(scope, by, { 'pre-staging': [making], 'pre-running': ['echo oops >&2; exit 9'] });
      const droplet = await unpacked(scope, cloud.uploads[0]?.droplet);

      const { status, out, err } = await ran(droplet);

      assert.is(status, 9);
      assert.is(
        out.some((line) => line.startsWith('shop')),
        false,
      );
      assert.match(err, /oops\nThe hook pre-running failed with status 9: echo oops >&2; exit 9\n$/);
    });
  }

  it('that never end are ended with the task, and so is what they leave behind', async (scope) => {
    const { reply, stager } = await staged(
      scope,
      'framework',
      { 'pre-staging': ['LEFT=hook setsid sleep 300 & disown; echo going; sleep 300'] },
      { maxStagingMs: 1_500 },
    );

    assert.match(reply.error ?? '', /Staging timed out after 1\.5 seconds/);
    await allRemoved(stager);
    const left = (await processTable()).filter(({ pid }) => environmentVariableOf(pid, 'LEFT') === 'hook');
    assert.equal(left, []);
  });
});
