import * as v from 'valibot';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { findApp } from './find-app.ts';

export interface VariableChange {
  readonly name: string;
  readonly key: string;
  /** `null` removes the variable. */
  readonly value: string | null;
  readonly json: boolean;
}

/** Sets or removes a variable of an app, and says when that is in force. */
export async function changeVariable(
  cli: Cli,
  api: ApiClient,
  { name, key, value, json }: VariableChange,
): Promise<void> {
  const app = await findApp(api, name);
  await api.patch(`/v3/apps/${app.guid}/environment_variables`, { var: { [key]: value } }, v.looseObject({}));
  if (json) return cli.out.json({ name, key, value });
  cli.out.line(value === null ? `${key} of ${name} is removed.` : `${key} of ${name} is set.`);
  if (app.state === 'STARTED') cli.out.line(`Its instances see that after \`localpaas restart ${name}\`.`);
}
