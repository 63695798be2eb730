import { eventsStream } from '#contract/stored-state.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { type Component, type ComponentContext, type Running, runningWith } from '#ground/component.ts';
import { reportDamage } from '#ground/damage.ts';
import { DamagedStore } from '#ground/damaged-store.ts';
import { messageOf } from '#ground/errors.ts';
import { register } from '#vcap/registration.ts';
import { Access } from './access.ts';
import { announceEndpoint, answerTokenChecks } from './announce.ts';
import type { Api } from './api.ts';
import { sweepOrphans } from './changes/delete-app.ts';
import { EventLog } from './events.ts';
import { Jobs } from './jobs.ts';
import type { CloudControllerOptions } from './options.ts';
import { OwnHosts } from './own-hosts.ts';
import { serveApi } from './serve-api.ts';
import { type Setup, setUp } from './setup.ts';
import { keepSnapshots } from './snapshots/keep-snapshots.ts';
import { type DesiredStateOpened, openDesiredState } from './snapshots/open-desired-state.ts';
import { startOperations } from './start-operations.ts';
import type { Store } from './store.ts';

/** When the platform has started, what the first request needs is loaded: the start itself need not wait for it. */
const warmUpAfterMs = 200;
/** How long the events of a deleted app are kept. */
const eventsOfDeletedMs = 31 * 86_400_000;

/** The HTTP API, and the desired state behind it. */
export const cloudController: Component<CloudControllerOptions> = {
  name: 'cloud-controller',
  async start(context: ComponentContext, options: CloudControllerOptions): Promise<Running> {
    const { bus, log, dataDir, signal } = context;
    await using undo = new AsyncDisposableStack();
    const { setup, store, events, isRestored } = await openState(undo, context, options);
    let port: number | undefined;
    const ownAddress = () => {
      if (port === undefined) throw new Error('The cloud controller does not listen yet.');
      return `http://127.0.0.1:${port}`;
    };
    const operations = undo.use(
      await startOperations({ bus, log, dataDir, signal, store, isRestored, events, options, ownAddress }),
    );
    const api: Api = { store, events, operations, jobs: new Jobs(log), setup, options, log };
    const access = new Access(setup, options);
    const hosts = new OwnHosts(options);
    const server = undo.use(await serveApi(api, { access, bus, hosts }));
    port = server.port;
    operations.listening();
    keepHouse(undo, api);
    warmUp(undo, access);
    answerTokenChecks(undo, context, access);
    announceEndpoint(undo, context, { port, uris: hosts.uris, registerSeconds: options.registerSeconds });
    await register(undo, context, { type: 'CloudController', index: 0, config: options });
    await bus.flush(); // from here on no message is missed
    return runningWith(undo.move());
  },
};

interface State {
  readonly setup: Setup;
  readonly store: Store;
  readonly events: EventLog;
  readonly isRestored: boolean;
}

/** Opens files and buckets side by side. What was opened belongs to `undo`, also when one of them fails. */
async function openState(
  undo: AsyncDisposableStack,
  context: ComponentContext,
  options: CloudControllerOptions,
): Promise<State> {
  const { dataDir, log } = context;
  const settingUp = setUp(dataDir, options, log);
  const openings = [
    settingUp,
    openDesiredState(context).then((opened) => {
      undo.use(opened.store);
      return opened;
    }),
    settingUp.then((setup) => openEvents(context, setup)).then((events) => undo.use(events)),
  ] as const;
  const failed = (await Promise.allSettled(openings)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  const [setup, opened, events] = await Promise.all(openings);
  const { store, newest, isRestored } = opened;
  tellOfLostEvents(context, events, opened);
  const extent = () => events.stored;
  undo.use(keepSnapshots({ store, dataDir, program: options.version, events: extent, log, newest }));
  return { setup, store, events, isRestored };
}

async function openEvents({ bus, log, signal }: ComponentContext, { admin }: Setup): Promise<EventLog> {
  try {
    return await EventLog.open(bus, log, { guid: admin.guid, type: 'user', name: admin.name });
  } catch (cause) {
    signal.throwIfAborted();
    throw new DamagedStore(eventsStream, [messageOf(cause)], { cause });
  }
}

/** They are kept beside the desired state and in no snapshot. */
function tellOfLostEvents({ log }: ComponentContext, events: EventLog, { events: once }: DesiredStateOpened): void {
  if (!events.hasLost(once)) return;
  reportDamage(log, {
    found: 'Some of the recorded events of apps are missing: what the message bus stored is damaged.',
    done: 'Those that can be read are kept. The apps are not concerned.',
    lost: ['events of apps'],
  });
}

function warmUp(undo: AsyncDisposableStack, access: Access): void {
  const timer = setTimeout(() => void access.warmUp().catch(() => {}), warmUpAfterMs); // who needs it hears why it fails
  undo.defer(() => clearTimeout(timer));
}

/** Finishes in the background what an earlier run may have left half done. */
function keepHouse(undo: AsyncDisposableStack, { store, events, log }: Api): void {
  const isGone = (app: string) => store.get('app', app) === undefined;
  const done = sweepOrphans(store)
    .then(() => events.forget(isGone, Date.now() - eventsOfDeletedMs))
    .catch((error: unknown) => log.warn('left-overs not cleaned up', { error: messageOf(error) }));
  undo.defer(() => done);
}
