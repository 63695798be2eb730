import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bare } from '#cli/push/name-here.ts';
import { type Asker, PushFacts } from '#cli/push/push-facts.ts';
import { type PushInput, type PushPlans, planPush as planOf } from '#cli/push/push-plan.ts';
import { ActionableError } from '#ground/errors.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

interface Person {
  readonly env?: Readonly<Record<string, string>>;
  readonly ask?: Asker;
}

/** All that is to be pushed. */
export function plansOf(
  input: PushInput,
  workingDirectory: string,
  { env = {}, ask }: Person = {},
): Promise<PushPlans> {
  const facts = new PushFacts(() => Promise.resolve({ domain: 'paas.test', url: 'http://paas.test:8080' }));
  return planOf(input, { workingDirectory, env, facts, ask });
}

/** The one app that is to be pushed. */
export async function planPush(input: PushInput, workingDirectory: string, person: Person = {}) {
  const { plans, remarks } = await plansOf(input, workingDirectory, person);
  const [plan, ...others] = plans;
  assert.equal(others, []);
  if (plan === undefined) throw new Error('There is nothing to push.');
  return { ...plan, remarks };
}

/** A folder called `My Shop` in a scratch directory, with a manifest in it. */
export async function shop(scope: Scope, manifest?: string): Promise<string> {
  const folder = join(await scratchDirectory(scope), 'My Shop');
  await mkdir(folder);
  if (manifest !== undefined) await writeFile(join(folder, 'manifest.yml'), manifest);
  return folder;
}

export async function refusalOf(input: Partial<PushInput>, folder: string): Promise<string> {
  try {
    await plansOf({ ...bare, ...input }, folder);
    return 'taken';
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return `${error.code} ${error.message} ${error.remedy}`;
  }
}
