import { Revision } from '#contract/api/resources.ts';
import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';
import { readableTime } from '../readable-time.ts';

interface Input {
  readonly name: string;
  readonly json: boolean;
}

/** What an app was each time it was started with something new. */
export async function run(cli: Cli, { name, json }: Input): Promise<void> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const [all, [deployed]] = await Promise.all([
    api.list(`/v3/apps/${app.guid}/revisions?per_page=5000`, Revision),
    api.list(`/v3/apps/${app.guid}/revisions/deployed`, Revision),
  ]);
  const views = all
    .sort((one, other) => other.version - one.version)
    .map(({ version, guid, description, deployable, created_at, droplet }) => ({
      revision: version,
      guid,
      droplet: droplet.guid,
      description,
      deployable,
      deployed: guid === deployed?.guid,
      createdAt: created_at,
    }));
  if (json) return cli.out.json(views);
  if (views.length === 0) return cli.out.line(`${name} was not started yet.`);
  cli.out.table(
    ['revision', 'since', 'what', ''],
    views.map((view) => [
      String(view.revision),
      readableTime(new Date(view.createdAt)),
      view.description,
      view.deployed ? 'runs' : view.deployable ? '' : 'its droplet was removed',
    ]),
  );
}
