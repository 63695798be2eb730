import { basename } from 'node:path';
import { familyOf, type RuntimeInfo } from '#contract/runtimes.ts';
import type { RuntimeChoice } from './runtimes.ts';
import type { Tools } from './tools.ts';

type FittedRuntime =
  | {
      readonly ok: true;
      readonly program: string | undefined;
      /** Whether its directory has to stand in front of the app's PATH, which would find another one. */
      readonly goesFirst?: boolean;
    }
  | { readonly ok: false; readonly reason: string };

/**
 * The program for an app. Where any version will do and the PATH has one, that is all; else the table of the machine is
 * asked, with the versions that managers keep.
 */
export async function fitRuntime(
  info: RuntimeInfo,
  { options, runtimes, runtimeTable }: Pick<Tools, 'options' | 'runtimes' | 'runtimeTable'>,
): Promise<FittedRuntime> {
  const found = runtimes.choose(info);
  const family = familyOf(info.name ?? '') ?? familyOf(basename(info.executable ?? ''));
  if (family === undefined || !isWorthMore(found, info)) return found;
  const { choose } = await import('#workload/runtimes/index.ts');
  const all = await (await runtimeTable()).of(family);
  // Exactly what is named, or nothing: then the constraint only says whether it will do.
  const isNamed = options.strictRuntimes && found.ok;
  const choice = choose(isNamed ? all.filter(({ path }) => path === found.program) : all, { ...info, family });
  if (!choice.ok) return info.constraint ? choice : found;
  const { path } = choice.runtime;
  if (found.ok && path === found.program) return { ok: true, program: path };
  runtimes.foundElsewhere(family);
  return { ok: true, program: path, goesFirst: true };
}

function isWorthMore(found: RuntimeChoice, { constraint }: RuntimeInfo): boolean {
  if (found.ok) return found.program !== undefined && (Boolean(constraint) || found.isMakeshift === true);
  return found.isMissing === true;
}
