/**
 * Auto-reconfiguration points an app's databases at the services bound to it. The parts that do it were shipped with
 * the originals. Here they are used where there are any: in the app, or in the cache directory of PLATFORM_CONFIG.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DropletCopy, StagingInput } from './plan.ts';

const nodeModule = 'node_modules/cf-autoconfig';

/** For a Node app that did not opt out: what it needs. `undefined` when it opted out or the module is not to be had. */
export function nodeAutoconfig({ files, cache }: StagingInput): readonly DropletCopy[] | undefined {
  if (hasOptedOut(files.text('cloudfoundry.json')) || files.has('node_modules/cf-runtime')) return undefined;
  if (files.has(nodeModule)) return [];
  const from = cache === undefined ? undefined : join(cache, nodeModule);
  return from !== undefined && existsSync(from) ? [{ from, to: `app/${nodeModule}` }] : undefined;
}

/** A damaged cloudfoundry.json opts out of nothing. */
function hasOptedOut(text: string | undefined): boolean {
  try {
    const settings: unknown = JSON.parse(text ?? '{}');
    return typeof settings === 'object' && settings !== null && Object(settings).cfAutoconfig === false;
  } catch {
    return false;
  }
}

/** The jar for Java apps, whose place in the app is `directory`. `undefined` when it is not to be had. */
export function javaAutoconfig(
  { files, cache }: StagingInput,
  directory: string,
  app: string,
): readonly DropletCopy[] | undefined {
  if (files.glob(`${directory}/auto-reconfiguration-*.jar`).length > 0) return [];
  const jar = cache !== undefined && existsSync(cache) ? readdirSync(cache).filter(isJar).sort().at(-1) : undefined;
  if (cache === undefined || jar === undefined) return undefined;
  return [{ from: join(cache, jar), to: `${app}/${directory}/${jar}` }];
}

function isJar(name: string): boolean {
  return /^auto-reconfiguration-.*\.jar$/.test(name);
}
