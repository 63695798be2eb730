import type { V1App } from '#contract/api/v1.ts';
import type { Api } from '../api.ts';
import { webOf } from '../changes/app.ts';
import { chosenFrameworkOf, chosenRuntimeOf } from '../chosen-technology.ts';
import { maxOpenFiles } from '../limits.ts';
import type { AppRecord } from '../records.ts';
import { dropletOf, versionOf } from '../revisions.ts';
import { urisOf } from '../uris.ts';
import { type Catalog, standalone } from './catalog.ts';

/** An app in the words of 2012, whoever pushed it. */
export function v1AppOf({ store, operations }: Api, app: AppRecord, catalog: Catalog): V1App {
  const { command, instances, memoryMb, diskMb } = webOf(app);
  const droplet = dropletOf(store, app);
  return {
    name: app.name,
    staging: stagingOf({ store }, app, catalog),
    uris: urisOf(store, app.guid),
    instances,
    runningInstances: operations.instancesOf(app).filter(({ state }) => state === 'RUNNING').length,
    resources: { memory: memoryMb, disk: diskMb, fds: maxOpenFiles },
    state: app.state,
    services: [],
    version: droplet === undefined ? null : versionOf(app, droplet),
    env: Object.entries(app.environment).map(([name, value]) => `${name}=${value}`),
    meta: {
      version: store.revisionOf('app', app.guid),
      created: Math.floor(Date.parse(app.createdAt) / 1000),
      debug: null,
      console: false,
      ...(command === null ? {} : { command }),
    },
  };
}

/** What was named, else what staging found; `auto` as long as it is open. */
export function stagingOf({ store }: Pick<Api, 'store'>, app: AppRecord, catalog: Catalog): V1App['staging'] {
  const droplet = dropletOf(store, app);
  const found = webOf(app).command === null ? (chosenFrameworkOf(store, app) ?? droplet?.framework) : standalone;
  const model = found ?? 'auto';
  return { model, stack: chosenRuntimeOf(app) ?? catalog.defaultRuntimeOf(model) ?? droplet?.runtime ?? 'auto' };
}
