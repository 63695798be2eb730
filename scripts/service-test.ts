/**
 * Installs localpaas as a service on a machine of our own, with a real systemd as its process 1, and lives through what
 * can happen to it: crashes, restarts, reboots, power cuts. Linux, as root: it takes namespaces, an overlay and control
 * groups, and leaves nothing behind.
 *
 *     node --import tsx scripts/service-test.ts [system|user]
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, exitCodeOf } from '#ground/errors.ts';
import { stopSignal } from './bench/stop-signal.ts';
import { type Installation, installation } from './service-test/installation.ts';
import { Machine } from './service-test/machine.ts';
import { makeUser } from './service-test/make-user.ts';
import { type Stage, succeeded } from './service-test/story.ts';
import { systemService } from './service-test/system-service.ts';
import { userService } from './service-test/user-service.ts';

const stories = { system: systemService, user: userService };

const stop = stopSignal();

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!stop.signal.aborted)
    console.error(error instanceof ActionableError ? `${error.message}\n${error.remedy}` : error);
  process.exitCode = stop.signal.aborted ? stop.exitCode() : exitCodeOf(error);
}

async function main(names: readonly string[]): Promise<void> {
  checkMachine();
  for (const [name, story] of Object.entries(stories)) {
    if (names.length === 0 || names.includes(name)) await play(name, story);
  }
}

async function play(name: string, story: (stage: Stage) => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  await using scope = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(tmpdir(), 'localpaas-service-test-'));
  scope.defer(() => rm(scratch, { recursive: true, force: true }));
  const installed = await installation(scope, scratch);
  const machine = await Machine.make(scope, installed.programs);
  await machine.boot();
  await makeUser(machine);
  await putInPlace(installed, machine);
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
  console.log(`\n${name} service`);
  const tell = (fact: string) => console.log(`${seconds()} s  ${fact}`);
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
  });
  stopped.catch(() => {}); // the story may be over by then
  try {
    await Promise.race([story({ machine, installation: installed, tell }), stopped]);
  } catch (error) {
    stop.signal.throwIfAborted();
    console.log((await machine.run('journalctl', '--no-pager', '--lines=60', '--output=short-monotonic')).out);
    throw error;
  }
}

/** An executable is a file of the machine's own, so that it can be upgraded. */
async function putInPlace({ download, command: [program = ''] }: Installation, machine: Machine): Promise<void> {
  if (download !== undefined) succeeded(await machine.run('install', '-D', '--mode=755', download, program));
}

function checkMachine(): void {
  const missing = [
    '/usr/bin/unshare',
    '/usr/bin/nsenter',
    '/lib/systemd/systemd',
    '/usr/bin/dbus-daemon',
    '/usr/bin/ps',
  ].filter((path) => !existsSync(path));
  if (process.platform === 'linux' && process.getuid?.() === 0 && missing.length === 0) return;
  throw new ActionableError(
    'PROGRAM_NOT_FOUND',
    `This takes Linux, root, and systemd with its companions${missing.length === 0 ? '' : `; ${missing.join(', ')} is missing`}.`,
    'On Debian: `apt-get install systemd systemd-sysv dbus libpam-systemd procps`, which starts nothing.',
  );
}
