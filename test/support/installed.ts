import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { homeOf, type PlatformRecord, readPlatformRecord } from '#assembly/home.ts';
import { waitFor } from '#ground/wait.ts';
import { makeExecutable } from './executables.ts';
import { emptyHome, environmentOf, type Ran, type RunOptions, runCommand } from './localpaas.ts';
import { scratchDirectory } from './scratch.ts';
import type { Scope } from './spec.ts';
import { type Visits, visit } from './visitors.ts';

/** A platform that runs from an installed executable. */
export interface Installed {
  readonly path: string;
  readonly home: string;
  readonly port: number;
  /** The process the user started. */
  readonly up: ChildProcess;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  ok(args: readonly string[]): Promise<string>;
  record(): Promise<PlatformRecord>;
}

/**
 * Installs an executable of this version, which the commands of `localpaas.ts` use from now on.
 * @returns its path, in a directory of its own
 */
export async function install(scope: Scope, version: string): Promise<string> {
  const path = await makeExecutable(join(await scratchDirectory(scope), 'localpaas'), { version });
  process.env['LOCALPAAS'] = path;
  return path;
}

/** Installs an executable and brings its platform up. */
export async function upFrom(scope: Scope, version: string, more: readonly string[] = []): Promise<Installed> {
  const path = await install(scope, version);
  const home = await emptyHome(scope);
  const env = await environmentOf(home);
  const up = spawn(path, ['up', '--json', '--port', '0', '--bus-port', '0', ...more], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  up.stderr.on('data', (text) => {
    err += text;
  });
  scope.defer(async () => {
    if (up.exitCode === null && up.signalCode === null) {
      up.kill('SIGTERM');
      await once(up, 'exit');
    }
  });
  const record = async () => {
    if (up.exitCode !== null) throw new Error(`up ended with ${up.exitCode}:\n${err}`);
    return readPlatformRecord(homeOf(home, {}));
  };
  const { url } = await waitFor('the platform', record, { limitMs: 60_000 });
  const run = (args: readonly string[], options?: RunOptions) => runCommand(args, env, options);
  return {
    path,
    home,
    port: Number(new URL(url).port),
    up,
    run,
    async ok(args) {
      const { code, out, err } = await run(args);
      assert.is(code, 0, `localpaas ${args.join(' ')} ended with ${code}:\n${out}\n${err}`);
      return out;
    },
    record: async () => waitFor('the platform', record, { limitMs: 15_000 }),
  };
}

/** Visitors of all kinds: of an app and of the API, with a connection each and with new ones all the time. */
export function visitAll(scope: Scope, { port }: { port: number }, app = 'hello-node'): { stop(): Promise<Visits[]> } {
  const visitors = [`${app}.localhost:${port}`, `localhost:${port}`].flatMap((host) => [
    visit(scope, { port, host, keepAlive: true, everyMs: 60 }),
    visit(scope, { port, host, keepAlive: true, everyMs: 700 }),
    visit(scope, { port, host, keepAlive: false, everyMs: 60 }),
  ]);
  return { stop: () => Promise.all(visitors.map((visitor) => visitor.stop())) };
}

export function assertAllServed(visits: readonly Visits[]): void {
  assert.equal(
    visits.flatMap(({ failures }) => failures),
    [],
  );
  assert.ok(visits.every(({ count }) => count > 1));
}

export async function versionOf({ ok }: Installed): Promise<string> {
  return JSON.parse(await ok(['status', '--json'])).version;
}
