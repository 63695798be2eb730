import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { commandOf, environmentVariableOf, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

/** `npm run plug`, in a directory for its temporary files, where nothing may be left in the end. */
async function pullPlug(scope: Scope, ...args: string[]) {
  const scratch = await scratchDirectory(scope);
  const program = process.env['LOCALPAAS'];
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'scripts/plug.ts', ...args, ...(program ? ['--program', program] : [])],
    { env: { ...process.env, TMPDIR: scratch }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  scope.defer(async () => {
    child.kill('SIGTERM');
    await code;
  });
  return { child, code, said: () => said, left: () => leftIn(scratch) };
}

/** Files, loop devices, mounts and processes. */
async function leftIn(scratch: string): Promise<string[]> {
  const loops = readdirSync('/sys/block').flatMap((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : [];
  });
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const processes = (await processTable())
    .filter(({ state }) => state !== 'Z')
    .flatMap(({ pid }) => [commandOf(pid), environmentVariableOf(pid, 'HOME') ?? '']);
  const files = readdirSync(scratch).filter((name) => name.startsWith('localpaas'));
  return [...files, ...[...loops, ...mounts, ...processes].filter((text) => text.includes(scratch))];
}

describe('a platform that loses its power', (it) => {
  it(
    'has everything that was acknowledged, with its apps, when the power is back',
    async (scope) => {
      const plug = await pullPlug(scope, '--rounds', '2', '--seed', '428');

      assert.is(await plug.code, 0, plug.said());
      assert.match(plug.said(), /^a power cut is (an ext4 file system|the weaker form)/m);
      assert.match(plug.said(), /^control: (a synced file was kept, an unsynced one was lost|synced and unsynced)/m);
      assert.match(plug.said(), /^losses {22}0$/m);
      assert.ok(Number(/^changes acknowledged +(\d+)$/m.exec(plug.said())?.[1]) > 5, plug.said());
      assert.equal(await plug.left(), []);
    },
    { timeoutMs: 180_000 },
  );

  it(
    'leaves no mount, loop device, process or file behind when the trial is stopped',
    async (scope) => {
      const plug = await pullPlug(scope, '--rounds', '100');
      const isRunning = () => (plug.said().includes('control: ') ? true : undefined);
      await waitFor('the trial to run', isRunning, { limitMs: 20_000 });

      plug.child.kill('SIGINT');

      assert.is(await plug.code, 130, plug.said());
      assert.equal(await plug.left(), []);
    },
    { timeoutMs: 120_000 },
  );
});
