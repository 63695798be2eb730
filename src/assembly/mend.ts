import { DamagedStore } from '#ground/damaged-store.ts';
import type { Home } from './home.ts';
import { type Mender, pathsIn, ServerFailed } from './mend/mender.ts';
import type { PlatformContext } from './settings.ts';
import type { StoreGuard } from './store-guard.ts';

/** Each puts something else right; a disk that spoils more than that is not to be helped. */
const mostAttempts = 12;

/**
 * Does `work`. When damaged files are in its way they are set aside, what was in them is restored as far as that goes,
 * and it is done again. It must leave nothing behind when it fails.
 */
export async function mending<T>(
  context: Pick<PlatformContext, 'home' | 'log' | 'signal'>,
  guard: StoreGuard,
  work: () => Promise<T>,
): Promise<T> {
  let mender: Mender | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await work();
      mender?.succeeded();
      return result;
    } catch (thrown) {
      const error = firstOf(thrown);
      if (context.signal.aborted || attempt === mostAttempts || !isMendable(error, context.home)) {
        await mender?.failed();
        throw causeOf(error);
      }
      mender ??= (await import('./mend/start-mending.ts')).startMending(context, guard);
      if (await mender.mend(error)) continue;
      await mender.failed();
      throw causeOf(error);
    }
  }
}

function isMendable(error: unknown, home: Home): boolean {
  return error instanceof ServerFailed || error instanceof DamagedStore || pathsIn(error, home.path).length > 0;
}

/** What failed first: releasing what had been started may have failed as well, and that is told in its stead. */
function firstOf(error: unknown): unknown {
  const isSecond = error instanceof Error && 'suppressed' in error;
  return isSecond ? firstOf(error.suppressed) : error;
}

function causeOf(error: unknown): unknown {
  return error instanceof ServerFailed ? error.cause : error;
}
