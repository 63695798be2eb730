import { Revision } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { logLimitMs } from '../app/before-start.ts';
import { findApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import { rollOut } from '../app/roll-out.ts';
import type { StateInput } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';
import { LogReader } from '../log-reader.ts';
import { nameHere } from '../push/name-here.ts';

interface Input extends Omit<StateInput, 'name'> {
  /** The app of the folder when absent. */
  readonly name: string | undefined;
  /** Number of a revision; the one before the one that runs when absent. */
  readonly to: number | undefined;
}

/** Has an earlier revision take over. */
export async function run(cli: Cli, { name: given, to, wait, json }: Input): Promise<void> {
  const api = await ApiClient.open(cli);
  const name = given ?? (await nameHere(cli));
  const app = await findApp(api, name);
  if (app.state !== 'STARTED') {
    throw new ActionableError('API_REFUSED', `${name} is stopped.`, `Start it with \`localpaas start ${name}\` first.`);
  }
  const [all, [deployed]] = await Promise.all([
    api.list(`/v3/apps/${app.guid}/revisions?per_page=5000`, Revision),
    api.list(`/v3/apps/${app.guid}/revisions/deployed`, Revision),
  ]);
  const target = revisionFrom(name, all, deployed, to);
  cli.progress.step(`Going back to revision ${target.version} of ${name}`);
  const logFrom = () => new LogReader(api, app.guid).mark().settle(logLimitMs);
  await rollOut(cli, api, app, { revision: target.guid }, { wait, logFrom });
  cli.progress.end();
  await reportApp(cli, api, app, { json });
}

/** @throws ActionableError NOT_FOUND, with what there is */
function revisionFrom(
  name: string,
  all: readonly Revision[],
  deployed: Revision | undefined,
  to: number | undefined,
): Revision {
  const there = all.filter(({ deployable }) => deployable).sort((one, other) => other.version - one.version);
  const running = deployed?.version ?? Number.POSITIVE_INFINITY;
  const found = there.find(({ version }) => (to === undefined ? version < running : version === to));
  if (found !== undefined) return found;
  const known = there.map(({ version }) => version).join(', ');
  const isKept = to !== undefined && all.some(({ version }) => version === to);
  throw new ActionableError(
    'NOT_FOUND',
    to === undefined
      ? `There is nothing before what runs of ${name}.`
      : `${name} cannot go back to revision ${to}: ${isKept ? 'its droplet was removed for newer ones' : 'there is none'}.`,
    known === ''
      ? `Push it again: \`localpaas push --name ${name}\`.`
      : `It has ${known}; \`localpaas revisions ${name}\` tells what they are.`,
  );
}
