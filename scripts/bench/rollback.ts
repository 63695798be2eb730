import { join } from 'node:path';
import { ApiClient } from '#cli/api-client.ts';
import { App, Deployment, Revision } from '#contract/api/resources.ts';
import type { Benchmark, Work } from './benchmark.ts';
import { firstAnswer } from './first-answer.ts';
import { bareStartMs, copyHelloApp } from './hello-app.ts';
import { startLocalpaas } from './localpaas.ts';
import { answersOf, sampleOf, takeover, unitsOf, withoutFailures } from './takeover.ts';

const bare = 'node app.js: first 200';
const command = 'localpaas rollback';
const api = 'POST /v3/deployments';
const app = 'rollback-app';

/** An app goes back and forth between two versions: by the command line, then by the API alone. */
export const rollback: Benchmark = {
  name: 'rollback',
  title: 'an earlier version of a running app takes over again, until it answers',
  unit: 'ms',
  units: unitsOf([command, api]),
  comparisons: [
    { name: `${command} / node app.js`, of: answersOf(command), by: [bare], target: 3 },
    { name: `${api} / node app.js`, of: answersOf(api), by: [bare] },
    { name: `${command} / ${api}`, of: answersOf(command), by: [answersOf(api)] },
  ],
  bounds: [withoutFailures(command), withoutFailures(api)],
  async prepare(surroundings, scope) {
    const { signal } = surroundings;
    const { directory, setVersion } = await copyHelloApp(surroundings, app);
    const home = join(surroundings.scratch, 'rollback-home');
    const localpaas = scope.use(await startLocalpaas(surroundings, { home }));
    for (const version of ['first', 'second']) {
      await setVersion(version);
      await localpaas.ok('push', directory, '--name', app);
    }
    const asked = { port: localpaas.port, host: localpaas.hostOf(app) };
    await firstAnswer({ ...asked, accept: (body) => body.startsWith('second ') }, signal);
    const deploySecond = await deploymentOfRevision(await ApiClient.open({ home, signal }), 2);
    const backAndForth: Work = async () => ({
      ...sampleOf(
        command,
        await takeover(asked, { version: 'first', make: () => localpaas.ok('rollback', app) }, signal),
      ),
      ...sampleOf(api, await takeover(asked, { version: 'second', make: deploySecond }, signal)),
    });
    return { works: [async () => ({ [bare]: await bareStartMs(surroundings, directory) }), backAndForth] };
  },
};

/** @returns what has the app run this revision again, and does not wait for it */
async function deploymentOfRevision(client: ApiClient, version: number): Promise<() => Promise<unknown>> {
  const [found] = await client.list(`/v3/apps?names=${app}`, App);
  if (found === undefined) throw new Error(`There is no app ${app}.`);
  const revisions = await client.list(`/v3/apps/${found.guid}/revisions`, Revision);
  const revision = revisions.find((each) => each.version === version);
  if (revision === undefined) throw new Error(`${app} has no revision ${version}.`);
  const body = {
    strategy: 'rolling',
    revision: { guid: revision.guid },
    relationships: { app: { data: { guid: found.guid } } },
  };
  return () => client.post('/v3/deployments', body, Deployment);
}
