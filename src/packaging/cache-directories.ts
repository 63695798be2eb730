import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Where an executable may put what it unpacks, the best first: `$LOCALPAAS_CACHE`, and then no other; the user's cache;
 * a place in the platform's home, for where the user has no cache that can be written or executed from.
 */
export function cacheDirectories(env: Env): string[] {
  const named = env['LOCALPAAS_CACHE'];
  if (named !== undefined && named !== '') return [resolve(named)];
  const userHome = env['HOME'] || homedir();
  const caches = env['XDG_CACHE_HOME'];
  return [
    join(caches !== undefined && isAbsolute(caches) ? caches : join(userHome, '.cache'), 'localpaas'),
    resolve(env['LOCALPAAS_HOME'] || join(userHome, '.localpaas'), 'cache'),
  ];
}
