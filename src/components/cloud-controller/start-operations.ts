import { join } from 'node:path';
import { routerStart } from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { setAside } from '#ground/set-aside.ts';
import { sleep } from '#ground/wait.ts';
import { newCredentials } from '#vcap/credentials.ts';
import { BackgroundWork } from './background-work.ts';
import { addBitsRoutes } from './bits/bits-routes.ts';
import { Blobs } from './bits/blobs.ts';
import { collectBlobs, isReferenced } from './bits/collect-blobs.ts';
import { DamagedBits } from './bits/damaged-bits.ts';
import { healDroplets } from './bits/heal-droplets.ts';
import type { PackageUploads } from './bits/package-uploads.ts';
import { ResourcePool } from './bits/resource-pool.ts';
import { Staging } from './bits/staging.ts';
import { StagingTickets } from './bits/staging-tickets.ts';
import { TaskLogs } from './bits/task-logs.ts';
import { addBulkRoutes, answerBulkCredentials, newBulkCredentials } from './bulk-api.ts';
import { keepBuiltIns } from './changes/buildpack.ts';
import { stopApp } from './changes/run-state.ts';
import { Deployments } from './deployments/deployments.ts';
import { LayerBlobs } from './layers/layer-blobs.ts';
import { layerOperations } from './layers/layer-operations.ts';
import { layerSourceFor } from './layers/layer-source.ts';
import { WatchedApps } from './layers/watched-apps.ts';
import type { Operations, OperationsContext } from './operations.ts';
import { processGuidOf, processIn } from './process-guid.ts';
import { ActualState } from './running/actual-state.ts';
import { AppStates } from './running/app-states.ts';
import { IdleApps } from './running/idle-apps.ts';
import { InstanceStarts } from './running/instance-starts.ts';
import { statsOf, viewsOf } from './running/instance-views.ts';
import { KnownDeas } from './running/known-deas.ts';
import { obeyHealthManager } from './running/obey-health-manager.ts';
import { Placement } from './running/placement.ts';
import { Routers } from './running/routers.ts';
import { runtimesOf } from './running/runtimes-of-deas.ts';
import { Versions } from './running/versions.ts';
import { findInstances, watchInstances } from './running/watch-instances.ts';
import type { Store } from './store.ts';
import { runReleasePhase } from './tasks/release-phase.ts';
import { TaskRuns } from './tasks/task-runs.ts';

const megabyte = 1024 * 1024;
/** When the platform has started, what the first push needs is loaded: it is too heavy for the start itself. */
const loadAfterMs = 300;

/** Everything behind the API's records. Disposing it stops what goes on in the background. */
export async function startOperations(context: OperationsContext): Promise<Operations & AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const shared = share(undo, context);
  const bits = await openBits(undo, shared);
  const layerBlobs = new LayerBlobs(bits.blobs);
  const running = openRunning(undo, shared, { ...bits, layerBlobs });
  const { bulk, deaCredentials } = shared;
  const { blobs, buildpacksKnown, buildpackUploads, damagedBits, pool, staging, taskLogs, tickets, uploads } = bits;
  const { actual, deas, idle, placement, states } = running;
  const { store, options } = context;
  const lifetime = undo.move();
  return {
    uploadPackage: async (record, request, dialect = 'v3') => (await uploads()).receive(record, request, dialect),
    buildpacksKnown,
    uploadBuildpack: async (record, request) => (await buildpackUploads()).receive(record, request),
    matchResources: (resources) => pool.select(resources),
    runtimesOfDeas: () => runtimesOf({ bus: context.bus, deas }),
    taskLogOf: ({ guid }) => taskLogs.read(guid),
    stage: (build) => shared.background.run('staging failed', () => staging.stage(build)),
    ...verbsOf(running),
    instancesOf: ({ guid }) => viewsOf(store, actual, guid),
    statsOf: (app, type) => statsOf(app, type, { ...shared, actual, statsLimitMs: options.statsSeconds * 1000 }),
    ...layerOperations({ ...shared, ...running, blobs, layerBlobs }),
    dropletStream: ({ sha256 }) => blobs.read(sha256),
    packageStream: ({ sha256 }) => blobs.read(sha256 ?? ''),
    registerBitsRoutes(routes) {
      const maxDropletBytes = 2 * options.maxUnpackedMb * megabyte;
      addBitsRoutes(routes, { store, blobs, layerBlobs, tickets, deaCredentials, maxDropletBytes });
      addBulkRoutes(routes, { store, credentials: bulk, idleStopSeconds: options.idleStopSeconds });
    },
    listening() {
      lifetime.use(answerBulkCredentials(context.bus, bulk, context.ownAddress));
      lifetime.use(idle.answerRouters());
      lifetime.use(
        obeyHealthManager({
          ...shared,
          ...running,
          changed: (process) => states.look(processIn(process).app),
          rest: (guid) => idle.rest(guid),
        }),
      );
      lifetime.use(healDroplets({ ...shared, damagedBits, staging, restart: (app) => placement.restart(app) }));
    },
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  };
}

/** What is done to apps that run, or are to. */
function verbsOf({ deployments, idle, placement }: ReturnType<typeof openRunning>) {
  return {
    start: ({ guid }) => placement.start(guid),
    stop: async ({ guid }) => placement.stop(guid),
    restart: ({ guid }) => placement.restart(guid),
    deploy: ({ guid }, wish) => deployments.begin(guid, wish),
    cancelDeployment: (deployment) => deployments.cancel(deployment),
    phaseOf: (deployment) => deployments.phaseOf(deployment),
    scale: (app, process) =>
      idle.rests(app, process) ? idle.wake(app.guid) : placement.scale(processGuidOf(app, process)),
    restartInstance: (app, process, index) =>
      idle.rests(app, process) ? idle.wake(app.guid) : placement.restartInstance(processGuidOf(app, process), index),
    routesChanged(guid) {
      placement.updateRoutes(guid);
      idle.look(guid);
    },
    deleted: async ({ guid }) => placement.remove(guid),
  } satisfies Partial<Operations>;
}

type Shared = ReturnType<typeof share>;
type Bits = Awaited<ReturnType<typeof openBits>>;

/** What all of it works with. Its signal aborts first when `undo` is disposed, then the work in the background ends. */
function share(undo: AsyncDisposableStack, context: OperationsContext) {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const background = undo.use(new BackgroundWork(context.log, signal));
  undo.defer(() => stop.abort(new Error('stopped')));
  return { ...context, signal, background, bulk: newBulkCredentials(), deaCredentials: newCredentials('dea') };
}

async function openBits(undo: AsyncDisposableStack, shared: Shared) {
  const { background, dataDir, isRestored, options, signal, store } = shared;
  const blobs = await Blobs.open(join(dataDir, 'blobs'), (sha256) => isReferenced(store, sha256));
  const pool = await ResourcePool.open(join(dataDir, 'resources'));
  const openedAt = new Date();
  const tickets = new StagingTickets();
  const taskLogs = new TaskLogs(join(dataDir, 'task-logs'));
  const damagedBits = new DamagedBits(blobs, shared);
  const buildpacksKnown = knowBuiltIns(store);
  const staging = new Staging({
    ...shared,
    blobs,
    buildpacksKnown,
    tickets,
    taskLogs,
    damagedBits,
    stagingLimitMs: options.stagingSeconds * 1000,
    stagerSearchMs: options.stagerSearchSeconds * 1000,
    keptPerApp: options.keptPerApp,
    runReleasePhase: (app, droplet) =>
      runReleasePhase({ ...shared, limitMs: options.stagingSeconds * 1000 }, app, droplet),
  });
  for (const each of collectBlobs(shared, blobs)) undo.use(each);
  undo.use(
    store.onChange('app', ({ guid, now }) => {
      if (now === undefined) background.run('task log not removed', () => taskLogs.forget(guid));
    }),
  );
  let loaded: Promise<PackageUploads> | undefined;
  const uploads = () => {
    loaded ??= loadUploads(shared, blobs, pool);
    return loaded;
  };
  const buildpackUploads = async () => {
    const { BuildpackUploads } = await import('./bits/buildpack-uploads.ts');
    return new BuildpackUploads({ store, blobs, maxBytes: options.maxUploadMb * megabyte });
  };
  const left = store.all('build').filter(({ state }) => state === 'STAGING');
  background.run('builds left in the middle', () => staging.failLeftovers(left));
  background.run('left bits not removed', async () => {
    await sleep(loadAfterMs, signal);
    await uploads();
    // They may belong to records that were lost, and be all that is left of them.
    await (isRestored ? blobs.sweep((path) => setAside(path, join(dataDir, 'damaged'), openedAt)) : blobs.sweep());
    await pool.trim(options.resourcePoolMb * megabyte);
    await taskLogs.sweep((app) => store.get('app', app) !== undefined);
  });
  return { blobs, buildpacksKnown, buildpackUploads, damagedBits, pool, taskLogs, tickets, staging, uploads };
}

/** Reads which buildpacks come with localpaas as soon as anybody wants to know: a start has no time for it. */
function knowBuiltIns(store: Store): () => Promise<void> {
  let known: Promise<void> | undefined;
  const know = async () => {
    const { builtInBuildpacks } = await import('#workload/buildpacks/built-in.ts');
    await keepBuiltIns(
      store,
      (await builtInBuildpacks()).map(({ name }) => name),
    );
  };
  return async () => {
    known ??= know();
    await known.catch((error: unknown) => {
      known = undefined; // the next one tries again
      throw error;
    });
  };
}

async function loadUploads(shared: Shared, blobs: Blobs, pool: ResourcePool): Promise<PackageUploads> {
  const { PackageUploads } = await import('./bits/package-uploads.ts');
  const { maxFiles, maxUnpackedMb, maxUploadMb, poolDelaySeconds } = shared.options;
  return new PackageUploads({
    ...shared,
    blobs,
    pool,
    limits: { maxFiles, maxBytes: maxUnpackedMb * megabyte, maxUploadBytes: maxUploadMb * megabyte },
    poolDelayMs: poolDelaySeconds * 1000,
  });
}

function openRunning(
  undo: AsyncDisposableStack,
  shared: Shared,
  { blobs, layerBlobs }: Bits & { layerBlobs: LayerBlobs },
) {
  const { background, bus, options, store } = shared;
  const watched = new WatchedApps();
  const layerSourceOf = layerSourceFor({ ...shared, layerBlobs });
  const actual = new ActualState();
  const deas = new KnownDeas();
  const versions = new Versions(store);
  let deployments: Deployments | undefined;
  const troubleOf = (app: string) => deployments?.troubleOf(app);
  const { idleStopSeconds } = options;
  const states = new AppStates({ bus, store, actual, versions, troubleOf, idleStopSeconds });
  const changed = (process: string) => {
    const { app } = processIn(process);
    states.look(app);
    deployments?.look(app);
  };
  const placing = {
    ...shared,
    actual,
    deas,
    blobPathOf: (sha256: string) => blobs.pathOf(sha256),
    layerSourceOf,
    isWatched: (app: string) => watched.has(app),
    users: [options.adminName],
    discoverLimitMs: options.discoverSeconds * 1000,
    roomLimitMs: options.roomSeconds * 1000,
    lostAfterMs: options.lostSeconds * 1000,
  };
  const starts = new InstanceStarts({ ...placing, versions, changed });
  const placement = new Placement({ bus, store, actual, starts, versions, changed });
  const { drainSeconds } = options;
  const proveMs = options.proveSeconds * 1000;
  const routers = undo.use(new Routers(bus));
  const toldOf = (app: string) => states.look(app);
  deployments = new Deployments({ ...shared, actual, versions, starts, routers, drainSeconds, proveMs, toldOf });
  const watching = { ...shared, actual, deas, versions, changed, lostAfterMs: options.lostSeconds * 1000 };
  undo.use(watchInstances(watching));
  undo.use(TaskRuns.open(placing));
  const idle = openIdleApps(undo, shared, { actual, deployments, placement, routers, states });
  undo.use(
    store.onChange('app', (change) => {
      changed(change.guid);
      idle.follow(change);
    }),
  );
  undo.use(store.onChange('build', ({ now, before }) => states.look((now ?? before)?.app ?? '')));
  states.repeat(); // a router that starts with us holds requests for apps of which it knows that they will start
  background.run('running instances not found', async () => {
    await findInstances(watching);
    states.repeat();
  });
  return { actual, deas, deployments, drainSeconds, idle, layerSourceOf, placement, starts, states, versions, watched };
}

interface Opened {
  readonly actual: ActualState;
  readonly deployments: Deployments;
  readonly placement: Placement;
  readonly routers: Routers;
  readonly states: AppStates;
}

function openIdleApps(
  undo: AsyncDisposableStack,
  shared: Shared,
  { actual, deployments, placement, routers, states }: Opened,
): IdleApps {
  const stop = async ({ guid }: { guid: string }) => placement.stop(guid);
  const stopForGood = (guid: string) => stopApp({ ...shared, operations: { stop } }, guid);
  const isDeploying = (app: string) => deployments.isDeploying(app);
  undo.use(shared.bus.subscribe(routerStart, () => states.repeat()));
  return new IdleApps({ ...shared, actual, placement, routers, isDeploying, stopForGood });
}
