import { ActionableError } from '#ground/errors.ts';
import { type Isolated, isolationHere, type NotIsolated } from './isolation.ts';
import type { IsolationSettings } from './settings.ts';

const switchedOff: NotIsolated = {
  level: 0,
  reason: 'It is switched off by `--isolation none`.',
  remedy: 'Leave that option out.',
};

/** The level of staging. @throws ActionableError NOT_ISOLATED when there is less than is required */
export async function isolationFor(settings: IsolationSettings): Promise<Isolated | NotIsolated> {
  const { isolation, requireIsolation } = settings;
  const found = isolation === 'none' ? switchedOff : await isolationHere();
  if (found.level >= requireIsolation) return found;
  const what = `Level ${requireIsolation} of isolation is required, and staging has level ${found.level} here.`;
  if (found.level === 0) throw new ActionableError('NOT_ISOLATED', `${what} ${found.reason}`, found.remedy);
  throw new ActionableError('NOT_ISOLATED', what, 'Require level 2 at most.');
}
