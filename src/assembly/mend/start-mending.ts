import { reportDamage } from '#ground/damage.ts';
import { DamagedStore } from '#ground/damaged-store.ts';
import { ActionableError, explainDiskError, messageOf, systemCodeOf } from '#ground/errors.ts';
import type { PlatformContext } from '../settings.ts';
import type { StoreGuard } from '../store-guard.ts';
import { setWrongAside } from './mend-file.ts';
import { StoreMender } from './mend-store.ts';
import { type Mender, pathsIn, ServerFailed } from './mender.ts';

/** One start of a platform: each thing is put right at most once, so an end is reached. */
export function startMending(context: Pick<PlatformContext, 'home' | 'log'>, guard: StoreGuard): Mender {
  const { home, log } = context;
  const store = new StoreMender(context, guard);
  return {
    async mend(error) {
      try {
        if (error instanceof DamagedStore) return await store.mendStream(error);
        if (error instanceof ServerFailed) return await store.mendAll(messageOf(error.cause));
        const damage = await setWrongAside(pathsIn(error, home.path), home.path);
        if (damage !== undefined) reportDamage(log, damage);
        return damage !== undefined;
      } catch (cause) {
        throw explain(cause, home.path);
      }
    },
    succeeded() {
      store.tell();
    },
    failed: () => store.takeBack(),
  };
}

function explain(cause: unknown, home: string): unknown {
  const code = systemCodeOf(cause);
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') {
    return explainDiskError(cause, `what is damaged in ${home} cannot be restored`);
  }
  return new ActionableError(
    'HOME_NOT_WRITABLE',
    `Something in ${home} is damaged and cannot be put right: ${messageOf(cause)}.`,
    'Make everything in that directory readable and writable for the user who runs localpaas.',
    { cause },
  );
}
