import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BuilderFailure } from './failure.ts';
import type { BuilderOptions } from './options.ts';
import { xxhash64 } from './xxhash64.ts';

/** Whether a key names where to fetch the buildpack: it is a URL, or what git and ssh take for one. */
export function isAddress(key: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(key) || isSshAddress(key);
}

/** `git@example.com:team/pack.git`, which is no URL. */
export function isSshAddress(key: string): boolean {
  return /^[\w.-]+@[\w.-]+:/.test(key);
}

/** Where a buildpack with this key is expected, or fetched to. */
export function expectedPlace(key: string, { buildpacksDir, downloadDir }: BuilderOptions): string {
  return join(isAddress(key) ? downloadDir : buildpacksDir, xxhash64(key));
}

/**
 * The directory of a buildpack, which has a `bin`. Older platforms named it by MD5, and zips often hold one directory at
 * their top.
 * @throws BuilderFailure with Diego's text
 */
export function buildpackPlace(key: string, options: BuilderOptions, known?: string): string {
  const expected = known ?? expectedPlace(key, options);
  const older = join(isAddress(key) ? options.downloadDir : options.buildpacksDir, md5(key));
  const direct = [expected, older].find((place) => existsSync(join(place, 'bin')));
  if (direct !== undefined) return direct;
  const found = entriesOf(expected) ?? [];
  const entries = found.length > 0 ? found : entriesOf(older);
  if (entries === undefined) {
    throw new BuilderFailure('other', `Failed to read buildpack directory '${expected}' for buildpack '${expected}'`);
  }
  const [nested] = entries;
  if (entries.length === 1 && nested !== undefined && existsSync(join(nested, 'bin'))) return nested;
  throw new BuilderFailure('other', `malformed buildpack does not contain a /bin dir: ${key}`);
}

function md5(key: string): string {
  return createHash('md5').update(key).digest('hex');
}

function entriesOf(place: string): string[] | undefined {
  try {
    return readdirSync(place).map((name) => join(place, name));
  } catch {
    return undefined; // there is none, or it may not be read, which comes to the same here
  }
}
