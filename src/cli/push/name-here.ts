import { ActionableError } from '#ground/errors.ts';
import type { Cli } from '../cli.ts';
import { type PushInput, planPush } from './push-plan.ts';
import { surroundingsOf } from './surroundings.ts';

/** `push` without anything. */
export const bare: PushInput = {
  target: undefined,
  path: undefined,
  name: undefined,
  memory: undefined,
  disk: undefined,
  instances: undefined,
  command: undefined,
  env: [],
  buildpack: [],
  stack: undefined,
  healthCheckType: undefined,
  endpoint: undefined,
  timeout: undefined,
  route: true,
  randomRoute: false,
  manifest: undefined,
  varsFile: [],
  var: [],
};

/** The name of the app that `push` would push from here. @throws ActionableError USAGE when that are several */
export async function nameHere(cli: Cli): Promise<string> {
  const { plans } = await planPush(bare, { ...surroundingsOf(cli), ask: undefined });
  const [only] = plans;
  if (only !== undefined && plans.length === 1) return only.name;
  const names = plans.map(({ name }) => name).join(', ');
  throw new ActionableError(
    'USAGE',
    `The manifest here has ${plans.length} apps: ${names}.`,
    'Name the one that is meant.',
  );
}
