import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseYaml } from '#ground/yaml.ts';
import { assetsDirectory } from '#packaging/assets.ts';

/** A buildpack that comes with localpaas. */
export interface BuiltInBuildpack {
  readonly name: string;
  readonly directory: string;
}

/** Names of directories. */
const Order = v.array(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/, 'is no name of a buildpack')));

let found: readonly BuiltInBuildpack[] = [];

/**
 * The buildpacks that come with localpaas, in the order in which they are asked: `order.yml` names them.
 * @throws ActionableError BAD_INPUT, CACHE_NOT_USABLE, EXECUTABLE_DAMAGED; ValiError
 */
export async function builtInBuildpacks(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly BuiltInBuildpack[]> {
  // An executable has to unpack them again only when somebody has cleared its cache.
  if (found.length > 0 && found.every(({ directory }) => existsSync(directory))) return found;
  const directory = await assetsDirectory('buildpacks', env);
  const text = await readFile(join(directory, 'order.yml'), 'utf8');
  found = v.parse(Order, parseYaml(text)).map((name) => ({ name, directory: join(directory, name) }));
  return found;
}
