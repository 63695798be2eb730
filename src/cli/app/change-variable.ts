import * as v from 'valibot';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { changeState } from './deploy.ts';
import { findApp } from './find-app.ts';
import type { Strategy } from './roll-out.ts';

export interface VariableChange {
  readonly name: string;
  readonly key: string;
  /** `null` removes the variable. */
  readonly value: string | null;
  readonly json: boolean;
  /** Whether instances that run get it, which takes a restart. */
  readonly restart: boolean;
  readonly wait: boolean;
  readonly strategy: Strategy;
}

/** Sets or removes a variable of an app, and has what runs restarted with it. @throws ActionableError START_UNSUCCESSFUL */
export async function changeVariable(
  cli: Cli,
  api: ApiClient,
  { name, key, value, json, restart, wait, strategy }: VariableChange,
): Promise<void> {
  const app = await findApp(api, name);
  await api.patch(`/v3/apps/${app.guid}/environment_variables`, { var: { [key]: value } }, v.looseObject({}));
  if (!json) cli.out.line(value === null ? `${key} of ${name} is removed.` : `${key} of ${name} is set.`);
  if (app.state === 'STARTED' && restart) {
    cli.progress.step(`Restarting ${name}`);
    await changeState(cli, api, app, { action: 'restart', wait, strategy });
    cli.progress.end();
  } else if (app.state === 'STARTED' && !json) {
    cli.out.line(`Its instances see that after \`localpaas restart ${name}\`.`);
  }
  if (json) cli.out.json({ name, key, value });
}
