import { join } from 'node:path';
import { accountOf } from '../service/account.ts';
import { definedOf } from '../up/keeper.ts';

/**
 * The home of the user who called sudo: that is whose platform is meant, though root's variables say otherwise.
 * `undefined` when nobody did, or when a home is named.
 */
export async function callersHome(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const { SUDO_USER: caller, LOCALPAAS_HOME: named } = env;
  if (process.getuid?.() !== 0 || caller === undefined || caller === '' || caller === 'root' || named) return undefined;
  try {
    return join((await accountOf(caller, definedOf(env))).home, '.localpaas');
  } catch {
    return undefined; // not a user of this machine any more: then it is root's own
  }
}
