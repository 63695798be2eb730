import type { Model } from '../torture/model.ts';
import { awaitServing, readBack } from '../torture/verify.ts';
import type { Up } from './machine.ts';

/**
 * Reads everything back and waits until every app runs as it is wanted. What is seen is what has to be there from now on.
 * @returns what is wrong, as sentences
 */
export async function lookAtApps(up: Up, model: Model, signal: AbortSignal): Promise<string[]> {
  const apps = await up.api.apps();
  const strangers = apps.filter(({ name }) => !model.names.includes(name));
  const problems = strangers.map(({ name }) => `${name} was made by nobody`);
  const look = async (app: string) => {
    const guid = apps.find(({ name }) => name === app)?.guid;
    const seen = guid === undefined ? undefined : await readBack(up, guid, signal);
    problems.push(...model.problemsIn(app, seen));
    const versions = model.versionsOf(app);
    const serving = seen === undefined ? {} : await awaitServing(up, app, { seen, versions, signal });
    if (serving.problem !== undefined) problems.push(serving.problem);
    model.settle(app, seen, serving.version);
  };
  await Promise.all(model.names.map(look));
  return problems;
}
