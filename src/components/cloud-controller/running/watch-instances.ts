import {
  deaAdvertise,
  deaFindDroplet,
  deaHeartbeat,
  deaLocate,
  dropletExited,
  type FoundInstance,
} from '#contract/dea.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { Standstill } from '#ground/standstill.ts';
import { repeat } from '#ground/wait.ts';
import type { EventLog } from '../events.ts';
import { processIn } from '../process-guid.ts';
import { asDeployed } from '../revisions.ts';
import type { Store } from '../store.ts';
import type { ActualState, Instance } from './actual-state.ts';
import { giveMissedTurns } from './cron-turns.ts';
import { processesOf } from './desired.ts';
import type { KnownDeas } from './known-deas.ts';
import type { Versions } from './versions.ts';

export interface WatchParts {
  readonly bus: Bus;
  readonly log: Log;
  readonly store: Store;
  readonly events: EventLog;
  readonly actual: ActualState;
  readonly deas: KnownDeas;
  readonly versions: Versions;
  /** An instance nobody tells of for so long is gone. */
  readonly lostAfterMs: number;
  readonly changed: (process: string) => void;
}

const findLimitMs = 1_000;

/** Keeps the actual state up to date with what DEAs say, until disposed. */
export function watchInstances(parts: WatchParts): AsyncDisposable {
  const { actual, bus, deas, log } = parts;
  const watching = new AsyncDisposableStack();
  watching.use(
    bus.subscribe(deaHeartbeat, ({ dea, droplets }) => {
      for (const beat of droplets) actual.seen(beat, dea, Date.now());
      giveMissedTurns(parts, droplets);
      for (const app of new Set(droplets.map(({ droplet }) => droplet))) parts.changed(app);
    }),
  );
  watching.use(
    bus.subscribe(dropletExited, (message) => {
      actual.exited(message, Date.now());
      if (message.reason === 'CRASHED') recordCrash(parts, message);
      parts.changed(message.droplet);
    }),
  );
  watching.use(bus.subscribe(deaAdvertise, (message) => deas.advertised(message, Date.now())));
  watching.use(bus.onReconnect(() => actual.refresh(Date.now())));
  const standstill = new Standstill(parts.lostAfterMs / 2);
  watching.use(
    repeat(
      parts.lostAfterMs / 6,
      () => (standstill.noticed() ? actual.refresh(Date.now()) : prune(parts)),
      (error) => log.error('lost instances not forgotten', { error: messageOf(error) }),
    ),
  );
  bus.publish(deaLocate, null);
  return watching;
}

/** Asks the DEAs for the instances of every started app; otherwise they would be known only after their heartbeats. */
export async function findInstances({ actual, bus, changed, store }: WatchParts): Promise<void> {
  const started = store.all('app').filter(({ state }) => state === 'STARTED');
  await Promise.all(
    started
      .flatMap((app) => processesOf(asDeployed(store, app)))
      .map(async (guid) => {
        const onReply = (instance: FoundInstance) => {
          actual.seen(instance, instance.dea, Date.now());
          changed(guid);
        };
        await bus.askMany(deaFindDroplet, { droplet: guid }, { limitMs: findLimitMs, onReply });
        changed(guid); // none of its instances may run
      }),
  );
}

function recordCrash({ events, store }: WatchParts, message: Parameters<ActualState['exited']>[0]): void {
  const { app: guid, type } = processIn(message.droplet);
  const app = store.get('app', guid);
  if (app === undefined) return;
  const { index, instance, reason, exit_status, exit_description, version } = message;
  events.record(
    'app.crash',
    { app },
    { process_type: type, index, instance, reason, exit_status, exit_description, version },
  );
}

function prune({ actual, changed, log, lostAfterMs, versions }: WatchParts): void {
  const lost = actual.prune(Date.now(), lostAfterMs);
  for (const instance of lost) {
    const { app, dea, id, index, version, isStopping } = instance;
    log.warn('instance lost', { app, index, version, dea, instance: id });
    const isMissed = !isStopping && versions.desiredAt(app, version) !== undefined;
    if (isMissed) actual.unplaced({ app, index, version, reason: reasonOf(instance) }, Date.now());
  }
  for (const app of new Set(lost.map((instance) => instance.app))) changed(app);
}

function reasonOf({ id, dea }: Instance): string {
  return id === null ? `the DEA ${dea} did not take it` : `the DEA ${dea} does not tell of it any more`;
}
