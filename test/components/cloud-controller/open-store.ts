import { ApiError } from '#contract/api/errors.ts';
import { silentLog } from '#ground/log.ts';
import { Store } from '../../../src/components/cloud-controller/store.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import type { Scope } from '../../support/spec.ts';

/** A store on a bus of its own, and further ones on the same bus. */
export async function openStore(scope: Scope) {
  const { bus, address, server } = await startBus(scope);
  const store = scope.use(await Store.open(bus, silentLog));
  const openOther = async () => scope.use(await Store.open(await connectBus(scope, address), silentLog));
  return { bus, server, store, openOther, reopen: openOther };
}

/** The refusal with which some work ended. */
export async function refusalOf(work: Promise<unknown>): Promise<ApiError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof ApiError) return outcome;
  throw new Error(`It was not refused: ${String(outcome)}`);
}
