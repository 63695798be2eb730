import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { xxhash64 } from '#workload/lifecycle/builder/xxhash64.ts';
import { isolationHere } from '#workload/sandbox/index.ts';
import { writeFiles } from '../../support/buildpack-repository.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { runCli } from '../run-cli.ts';

const { level } = await isolationHere();

/** Builds an app in place by a buildpack that does this. */
async function built(scope: Scope, compile: string, { env = {}, flags = [] as readonly string[] } = {}) {
  const directory = await scratchDirectory(scope);
  const at = (name: string) => join(directory, name);
  await mkdir(at('app'));
  await mkdir(at('user/.config'), { recursive: true });
  await mkdir(at('localpaas'));
  await writeFile(at('user/.npmrc'), 'registry = http://127.0.0.1:9/\n');
  await writeFile(at('localpaas/token'), 'secret');
  await writeFiles(at(`packs/${xxhash64('toy')}`), { 'bin/compile': `#!/usr/bin/env bash\n${compile}\n` });
  const names = { buildDir: 'app', outputDroplet: 'droplet', outputMetadata: 'result.json', buildpacksDir: 'packs' };
  const args = [
    ...Object.entries(names).map(([flag, name]) => `-${flag}=${name}`),
    ...['-outputBuildArtifactsCache=cache.tgz', '-buildpacksDownloadDir=downloads', '-buildArtifactsCacheDir=cache'],
    ...['-buildpackOrder=toy', '-skipDetect', ...flags],
  ];
  const ran = await runCli(['builder', ...args], {
    workingDirectory: directory,
    home: at('localpaas'),
    env: { HOME: at('user'), ...env },
  });
  return { ...ran, at };
}

const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('localpaas-builder-'));

describe('localpaas builder', (it) => {
  if (level === 2) {
    it('lets buildpacks write what its flags name, with a home of their own', async (scope) => {
      const before = await left();
      const { exitCode, messages, output, at } = await built(
        scope,
        'set -e; echo x > "$1/made"; echo x > "$2/kept"; echo x > "$HOME/x"; echo x > /tmp/x; cat "$NPM_CONFIG_USERCONFIG"; pwd',
      );
      assert.is(exitCode, 0, messages);
      assert.is(output, `registry = http://127.0.0.1:9/\n${at('app')}\n`);
      assert.is(await readFile(at('app/made'), 'utf8'), 'x\n');
      assert.is(await readFile(at('cache/final/kept'), 'utf8'), 'x\n');
      assert.not.ok(existsSync(at('user/x')));
      assert.equal(await left(), before);
    });

    it("lets them write nothing else, nor see what is the platform's", async (scope) => {
      for (const [line, why] of [
        ['echo x > /etc/by-a-buildpack', 'Read-only file system'],
        ['cat "$(dirname "$1")/localpaas/token"', 'No such file or directory'],
        // What lies beside them is in the buildpack's own /tmp, and goes away with it.
        ['echo x > "$(dirname "$1")/beside"; exit 1', 'exit status 1'],
      ] as const) {
        const { exitCode, messages, at } = await built(scope, line);
        assert.is(exitCode, 223, messages);
        assert.match(messages, why);
        assert.not.ok(existsSync(at('beside')));
      }
    });

    it('says what they may write, when one fails for that', async (scope) => {
      const { messages } = await built(scope, 'mkdir /opt/by-a-buildpack');
      assert.match(messages, /exit status 1\nIt could not write outside of its directories\. A staging may write into/);
    });
  }

  it('does without a sandbox when that is wanted, and for Diego to the letter', async (scope) => {
    const mark = join(tmpdir(), `builder-${process.pid}`);
    scope.defer(() => rm(mark, { force: true }));
    for (const how of [{ env: { LOCALPAAS_ISOLATION: 'none' } }, { flags: ['-strict-diego'] }]) {
      const { exitCode, messages, output, at } = await built(scope, `touch ${mark}; echo "$HOME"`, how);
      assert.is(exitCode, how.flags === undefined ? 0 : 224, messages); // Diego wants a release
      assert.is(output, `${at('user')}\n`);
      assert.ok(existsSync(mark));
      await rm(mark);
    }
    const wrong = await built(scope, 'true', { env: { LOCALPAAS_ISOLATION: 'much' } });
    assert.is(wrong.exitCode, 2);
    assert.match(wrong.messages, 'Isolation is `auto`, `2` or `none`.');
  });
});
