import type { Home, PlatformRecord } from '#assembly/home.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { isAlive } from '#ground/processes.ts';
import type { Cli } from '../cli.ts';
import { Interrupted } from '../world.ts';
import type { Change } from './change.ts';
import type { Replacement } from './replace-executable.ts';
import { stoppedMeanwhile } from './request.ts';
import { awaitPlatform, type Found, findPlatform, NotRestarted, restartPlatform } from './restart-platform.ts';

export interface Place {
  readonly home: Home;
  /** Of the installed executable. */
  readonly path: string;
}

export interface Done {
  readonly found: Found;
  /** The platform that serves now, where one was restarted. */
  readonly platform: PlatformRecord | undefined;
}

/**
 * Makes the change, and has the running platform of this home become the new version. When that does not come up, both
 * are as before. From here on a Ctrl-C waits: it would leave one of them behind.
 * @throws ActionableError UPGRADE_FAILED
 */
export async function carryOut(cli: Cli, place: Place, change: Change): Promise<Done> {
  const found = await findPlatform(place.home, place.path);
  cli.signal.throwIfAborted();
  const wait = () => cli.progress.line('The change is being made; it is over in a moment.');
  cli.signal.addEventListener('abort', wait, { once: true });
  try {
    const replacement = await change.apply();
    // Elsewhere a socket that is handed over cannot be told from any other descriptor.
    const canRestart = found.kind === 'ours' && process.platform === 'linux';
    const platform = canRestart ? await restart(cli, { ...place, ...change, ...replacement }, found.record) : undefined;
    await replacement.settle();
    return { found, platform };
  } catch (error) {
    // Otherwise all that is said is that somebody stopped it.
    const reason: unknown = cli.signal.reason;
    throw reason instanceof Interrupted ? reason.saying(messageOf(error)) : error;
  } finally {
    cli.signal.removeEventListener('abort', wait);
  }
}

type Made = Place & Pick<Change, 'from' | 'to' | 'replaces'> & Replacement;

async function restart(
  cli: Cli,
  { home, from, to, replaces, undo }: Made,
  old: PlatformRecord,
): Promise<PlatformRecord> {
  cli.progress.step(`Starting localpaas ${to} in place of pid ${old.pid}; the apps go on`);
  try {
    const fresh = await restartPlatform(home, old, to);
    cli.progress.end();
    return fresh;
  } catch (cause) {
    cli.progress.drop();
    if (!(cause instanceof NotRestarted)) throw cause;
    await undo();
    throw new ActionableError(
      'UPGRADE_FAILED',
      `localpaas ${to} did not come up: ${cause.message}.${replaces ? ` The executable is localpaas ${from} again.` : ''}`,
      [await whatServes(home, old, cause.message), ...cause.lastWords].join('\n'),
      { cause },
    );
  }
}

async function whatServes(home: Home, old: PlatformRecord, why: string): Promise<string> {
  if (why === stoppedMeanwhile) return 'Try again when it runs, or while it does not.';
  if (await isAlive(old)) return `localpaas ${old.version} serves (pid ${old.pid}), and the apps were not touched.`;
  try {
    const { version, pid } = await awaitPlatform(home);
    return `localpaas ${version} serves again (pid ${pid}), and the apps were not touched.`;
  } catch {
    return 'The platform does not run: start it (a service with `systemctl restart localpaas`). The apps were not touched.';
  }
}
