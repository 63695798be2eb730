import { familyOf, type RuntimeInfo } from '#contract/runtimes.ts';
import type { StagingProperties, StagingRequest } from '#contract/staging.ts';
import { addressWith } from '#vcap/credentials.ts';
import type { StackFiles } from '#workload/lifecycle/stack-files.ts';
import { hooksOf, variablesFor } from '../app-annotations.ts';
import { webOf } from '../changes/app.ts';
import { chosenFrameworkOf, chosenRuntimeOf } from '../chosen-technology.ts';
import { maxOpenFiles } from '../limits.ts';
import type { AppRecord } from '../records.ts';
import type { Store } from '../store.ts';
import type { Blobs } from './blobs.ts';
import { lifecycleOf, stagingEnvironmentOf } from './chosen-buildpacks.ts';
import type { Ticket } from './staging-tickets.ts';

/**
 * The request for one staging task. A stager of 2012 knows of frameworks and runtimes only what it is told here.
 * @param address where this cloud controller is reached
 * @throws ActionableError BAD_INPUT when somebody edited `stacks/` and made a mistake
 */
export async function stagingRequestOf(
  { store, address, blobs }: { readonly store: Store; readonly address: string; readonly blobs: Blobs },
  app: AppRecord,
  ticket: Ticket,
): Promise<StagingRequest> {
  const { command, memoryMb, diskMb } = webOf(app);
  const framework = chosenFrameworkOf(store, app);
  const own = addressWith(address, ticket.credentials);
  return {
    app_id: app.guid,
    download_uri: `${own}/staging/app/${app.guid}`,
    download_file: blobs.pathOf(ticket.sha256),
    upload_uri: `${own}/staging/droplet/${app.guid}/${ticket.uploadId}`,
    log_id: app.guid,
    properties: {
      services: [],
      framework_info: await frameworkInfoOf(command === null ? (framework ?? 'auto') : 'standalone'),
      runtime_info: await runtimeInfoOf(chosenRuntime(app)),
      resources: { memory: memoryMb, disk: diskMb, fds: maxOpenFiles },
      environment: variablesFor('staging', app),
      ...(command === null ? {} : { meta: { command } }),
    },
    ...(framework === undefined ? lifecycleOf(store, app, own) : {}),
    ...hooksFor(store, app),
  };
}

function hooksFor(store: Store, app: AppRecord): Pick<StagingRequest, 'hooks'> {
  const hooks = hooksOf(app);
  if (Object.keys(hooks).length === 0) return {};
  return { hooks: { ...hooks, environment: stagingEnvironmentOf(store, app) } };
}

/** A runtime of 2012 that was named, when this platform has something of its family. */
function chosenRuntime(app: AppRecord): string {
  const name = chosenRuntimeOf(app);
  return name === undefined || familyOf(name) === undefined ? 'auto' : name;
}

async function frameworkInfoOf(name: string): Promise<StagingProperties['framework_info']> {
  if (name === 'auto') return { name };
  const manifest = (await readStacks()).frameworks.find((each) => each.name === name);
  if (manifest === undefined) return { name };
  const runtimes = manifest.runtimes.map((each) => ({ [each.name]: { default: each.isDefault } }));
  return { name, runtimes, detection: manifest.detection };
}

async function runtimeInfoOf(name: string): Promise<RuntimeInfo> {
  const entry = name === 'auto' ? undefined : (await readStacks()).runtimes.get(name);
  if (entry === undefined) return { name };
  // Variables stay with the stager's own copy: those of a request are left to DEAs, which do not hear of these.
  const { environment: _, ...info } = entry;
  return { name, ...info };
}

async function readStacks(): Promise<StackFiles> {
  // With a reader of YAML, which is not needed for an app of which nothing was chosen.
  const { shippedStackFiles } = await import('#workload/lifecycle/stack-files.ts');
  return shippedStackFiles();
}
