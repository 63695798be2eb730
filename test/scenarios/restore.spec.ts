import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sleep, waitFor } from '#ground/wait.ts';
import { command, emptyHome, environmentOf, runCommand, startLocalpaas } from '../support/localpaas.ts';
import { awaitAllRunning } from '../support/running-apps.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

describe('a restored backup', (it) => {
  it(
    'takes the place of a state whose apps still run',
    async (scope) => {
      const home = await emptyHome(scope);
      const first = await startLocalpaas(scope, { home });
      await first.ok(['push', 'sample-apps/hello-node', '--name', 'kept']);
      const file = join(await scratchDirectory(scope), 'b.tar.gz');
      await first.ok(['backup', file]);
      await first.ok(['push', 'sample-apps/hello-node', '--name', 'newer']);
      const running = await first.run(['restore', file, '--replace']);
      assert.is(running.code, 4);
      assert.match(running.err, /runs \(pid \d+, .*\); its state cannot be exchanged under it/);
      await first.ok(['down', '--keep-apps']);

      const { code, out } = await first.run(['restore', file, '--replace']);

      assert.is(code, 0);
      assert.ok(existsSync(join(/lies in (.*)\.$/m.exec(out)?.[1] ?? '', 'cloud-controller', 'blobs')));
      const second = await startLocalpaas(scope, { home });
      assert.equal(
        (await awaitAllRunning(second)).map(({ name }) => name),
        ['kept'],
      );
      assert.match((await second.get('kept')).body, /Hello/);
      const gone = async () => ((await second.get('newer')).status === 404 ? true : undefined);
      await waitFor('the newer app to be gone', gone, { limitMs: 15_000, everyMs: 50 });
      assert.is((await second.run(['status'])).code, 0, 'the command line is logged in');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'is there as a whole or not at all when restoring it is cut short anywhere',
    async (scope) => {
      const folder = await scratchDirectory(scope);
      const home = await emptyHome(scope);
      const env = await environmentOf(home);
      const paas = await startLocalpaas(scope, { home });
      await paas.ok(['push', 'test/fixtures/echo-env', '--name', 'old', '--no-start']);
      await paas.ok(['backup', join(folder, 'old.tar.gz')]);
      await paas.ok(['push', 'test/fixtures/echo-env', '--name', 'new', '--no-start']);
      await paas.ok(['delete', 'old', '-f']);
      await paas.ok(['backup', join(folder, 'new.tar.gz')]);
      await paas.ok(['down']);
      const nameNow = async () => {
        const { code, err } = await runCommand(['backup', '-', '--json'], env);
        assert.is(code, 0, err);
        return (JSON.parse(err.slice(err.indexOf('{'))) as { apps: string[] }).apps.join();
      };
      const seen = new Set<string>();
      const begun = performance.now();
      const whole = await runCommand(['restore', join(folder, 'old.tar.gz'), '--replace'], env);
      const wholeMs = performance.now() - begun;
      assert.is(whole.code, 0, whole.err);
      let now = 'old';
      for (const part of [0.1, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) {
        const next = now === 'old' ? 'new' : 'old';
        await restoreAndKill(['restore', join(folder, `${next}.tar.gz`), '--replace'], env, wholeMs * part);

        now = await nameNow();

        assert.ok(['old', 'new'].includes(now), `'${now}' is neither`);
        seen.add(now === next ? 'after' : 'before');
        assert.equal(
          (await readdir(home)).filter((name) => name.startsWith('restoring')),
          [],
        );
      }
      assert.ok(seen.has('before'), 'it was cut short at least once');
      const last = await startLocalpaas(scope, { home });
      assert.is((await last.ok(['apps', '--names'])).trim(), now);
    },
    { timeoutMs: 120_000 },
  );
});

async function restoreAndKill(args: readonly string[], env: Record<string, string>, afterMs: number): Promise<void> {
  const [program, ...first] = command();
  const child = spawn(program, [...first, ...args], { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await sleep(afterMs);
  child.kill('SIGKILL');
  await ended;
}
