import * as v from 'valibot';
import { ActionableError } from '#ground/errors.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { IsolationSettings } from '#workload/sandbox/settings.ts';

interface Given {
  readonly isolation?: string | undefined;
  readonly requireIsolation?: number | undefined;
}

/** What a user wants of sandboxes: by options, else by `LOCALPAAS_ISOLATION`. @throws ActionableError USAGE */
export function isolationSettings(
  env: Readonly<Record<string, string | undefined>>,
  { isolation, requireIsolation }: Given = {},
): IsolationSettings {
  const named = isolation ?? (env['LOCALPAAS_ISOLATION'] || undefined);
  const settings = v.safeParse(IsolationSettings, { isolation: named, requireIsolation });
  if (settings.success) return settings.output;
  throw new ActionableError('USAGE', `${reasonOf(settings.issues)}.`, 'Isolation is `auto`, `2` or `none`.');
}
