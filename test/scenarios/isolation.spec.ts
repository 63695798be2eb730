import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { environmentVariableOf, processTable } from '#ground/processes.ts';
import { isolationHere } from '#workload/sandbox/index.ts';
import { writeFiles } from '../support/buildpack-repository.ts';
import { emptyHome, environmentOf, runCommand, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const { level } = await isolationHere();

/** An app and a buildpack that does this with it. */
async function appAndPack(scope: Scope, compile: string): Promise<{ app: string; pack: string }> {
  const directory = await scratchDirectory(scope);
  const release = 'echo "default_process_types: {web: python3 -m http.server --bind 127.0.0.1 \\$PORT}"';
  await writeFiles(join(directory, 'app'), { 'index.txt': 'fine\n' });
  await writeFiles(join(directory, 'pack'), {
    'bin/detect': '#!/bin/sh\necho Bad\n',
    'bin/compile': `#!/usr/bin/env bash\n${compile}\n`,
    'bin/release': `#!/bin/sh\n${release}\n`,
  });
  return { app: join(directory, 'app'), pack: join(directory, 'pack') };
}

describe(
  'a platform',
  (it) => {
    if (level === 2) {
      it('is not harmed by a buildpack that tries, and has nothing of it afterwards', async (scope) => {
        const platform = await startLocalpaas(scope);
        const token = join(platform.home, 'cli', 'login.json');
        assert.match(await readFile(token, 'utf8'), 'accessToken');
        const mark = `isolation-${process.pid}`;
        const { app, pack } = await appAndPack(
          scope,
          `cat '${token}' > "$1/stolen" 2>/dev/null
           echo x > '${platform.home}/${mark}'
           echo x > /tmp/${mark}; echo x > /var/tmp/${mark}
           kill -9 ${platform.pid} ${platform.natsServerPid}
           env -i MARK=${mark} PATH="$PATH" setsid bash -c 'trap "" TERM; sleep 600' >/dev/null 2>&1 &
           ls '${platform.home}' > "$1/seen" 2>&1
           exit 0`,
        );
        await platform.ok(['buildpacks', 'add', 'bad', pack]);

        await platform.ok(['push', app, '--name', 'shop', '-m', '64M', '-b', 'bad']);

        assert.equal(await platform.get('shop', '/index.txt'), { status: 200, body: 'fine\n' });
        assert.is((await platform.get('shop', '/stolen')).body, '');
        assert.is((await platform.get('shop', '/seen')).body, 'stager\n', 'only the way to its own directory');
        for (const place of [platform.home, '/tmp', '/var/tmp']) assert.not.ok((await readdir(place)).includes(mark));
        const left = (await processTable()).filter(({ pid }) => environmentVariableOf(pid, 'MARK') === mark);
        assert.equal(left, []);
        assert.equal(readdirSync(join(platform.home, 'stager', 'tmp')), []);
      });

      it('tells whoever pushes why a buildpack could not write, and what to do', async (scope) => {
        const platform = await startLocalpaas(scope);
        const { app, pack } = await appAndPack(scope, 'mkdir /opt/of-a-buildpack');
        await platform.ok(['buildpacks', 'add', 'bad', pack]);

        const { code, out, err } = await platform.run(['push', app, '--name', 'shop', '-b', 'bad']);

        assert.is(code, 1);
        assert.match(`${out}${err}`, /mkdir: .*\/opt\/of-a-buildpack.*: Read-only file system/);
        assert.match(`${out}${err}`, 'It could not write outside of its directories. A staging may write into the app');
        assert.not.ok(existsSync('/opt/of-a-buildpack'));
      });
    }

    it('does not start, and neither does a stager, where less isolation is to be had than is required', async (scope) => {
      const env = await environmentOf(await emptyHome(scope));
      const ports = ['--port', '0', '--bus-port', '0'];
      for (const args of [
        ['up', ...ports, '--require-isolation', '3'],
        ['up', ...ports, '--isolation', 'none', '--require-isolation', '2'],
      ]) {
        const { code, err } = await runCommand(args, env);
        assert.is(code, 4, err);
        assert.match(err, /Level [23] of isolation is required, and staging has level [02] here\./);
      }
      const { code, err } = await runCommand(['up', '--isolation', '7'], env);
      assert.is(code, 2, err);
    });

    it('starts with the isolation that is required, and runs apps as before', async (scope) => {
      const platform = await startLocalpaas(scope, {
        args: ['--isolation', 'auto', '--require-isolation', String(level)],
      });
      assert.match(await platform.ok(['doctor']), new RegExp(`staging +Level ${level}`));
    });
  },
  { timeoutMs: 120_000 },
);
