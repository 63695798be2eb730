import { join } from 'node:path';
import { appState } from '#contract/apps.ts';
import { batchesOf } from '#contract/log-batches.ts';
import { logBatches, nextTimestamp } from '#contract/logs.ts';
import { stagingQueue } from '#contract/staging.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import { type Component, type ComponentContext, type Running, runningWith } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { ensureDirectory } from '#ground/files.ts';
import type { Log } from '#ground/log.ts';
import { isToken } from '#ground/subject.ts';
import { within } from '#ground/wait.ts';
import { register } from '#vcap/registration.ts';
import { StagingIsolation } from './isolation.ts';
import { type StagerOptions, shownConfigOf } from './options.ts';
import type { Say } from './task-log.ts';
import { Tasks } from './tasks.ts';
import { removeLeftovers } from './workspace.ts';

/** After the start of a platform there is time to load what the first task needs. */
const warmUpAfterMs = 500;
const goodbyeLimitMs = 2_000;
/** Characters of log lines that may be on their way to the bus. */
const flushAfter = 1_000_000;

/** Makes droplets of apps, on request. */
export const stager: Component<StagerOptions> = {
  name: 'stager',
  async start({ bus, log, dataDir, signal }: ComponentContext, options: StagerOptions): Promise<Running> {
    signal.throwIfAborted();
    await using undo = new AsyncDisposableStack();
    const root = await ensureDirectory(options.tmpDir ?? join(dataDir, 'tmp'));
    const left = await removeLeftovers(root);
    if (left.length > 0) log.warn('leftovers not removed', { directory: root, names: left });

    const isolation = new StagingIsolation(options, log);
    if (isolation.isRequired) await isolation.find();
    const tasks = new Tasks({ options, log, root, dataDir, isolation, sayFor: (logId) => speaker(bus, log, logId) });
    undo.defer(() => log.info('shutdown complete'));
    undo.defer(() => goodbye(bus, log));
    const presence = undo.use(new AsyncDisposableStack()); // it is seen for as long as it has tasks
    undo.defer(() => tasks.end());
    for (const queue of options.queues) {
      const listening = bus.answer(stagingQueue(queue), (request) => tasks.stage(request), {
        queue,
        refuse: (reason) => tasks.refuse(reason),
      });
      undo.use(listening);
      // Requests that are on their way are answered, instead of being lost.
      undo.defer(() => within(goodbyeLimitMs, 'the last requests', listening.drain()).catch(() => {}));
      log.info('subscribed', { queue });
    }
    undo.defer(() => tasks.close());
    undo.use(bus.subscribe(appState, ({ app, state }) => (state === 'DELETED' ? tasks.forget(app) : undefined)));
    const { index, host } = options;
    await register(presence, { bus, log }, { type: 'Stager', index, host, config: shownConfigOf(options) });
    const warmUp = setTimeout(() => void import('./task.ts').catch(() => {}), warmUpAfterMs).unref();
    undo.defer(() => clearTimeout(warmUp));
    await bus.flush(); // from here on no request is missed
    log.info('server running');
    return runningWith(undo.move());
  },
};

/** Publishes lines of a task as they come, for whoever follows the app's log. */
function speaker(bus: Bus, log: Log, logId: string | undefined): Say {
  if (logId === undefined) return () => {};
  if (!isToken(logId)) {
    log.warn('log id not usable', { log_id: logId });
    return () => {};
  }
  const subject = logBatches.at(logId);
  let characters = 0;
  return async (stream, texts) => {
    const said = texts.map((text) => ({ timestamp: nextTimestamp(), stream, text }));
    try {
      for (const lines of batchesOf(said)) {
        bus.publish(subject, { source_id: logId, instance_id: '0', source_type: 'STG', lines });
        characters += lines.reduce((sum, { text }) => sum + text.length, 0);
      }
      if (characters < flushAfter) return;
      characters = 0;
      await bus.flush(); // who prints much is held up, not kept in memory
    } catch (error) {
      log.warn('line not published', { log_id: logId, error: messageOf(error) }); // the task goes on all the same
    }
  };
}

/** The last replies are on the server before the stager is gone: the original lost one. */
async function goodbye(bus: Bus, log: Log): Promise<void> {
  // A reply is published one step after its task is over.
  await new Promise((resolve) => setImmediate(resolve));
  await within(goodbyeLimitMs, 'the last replies to be sent', bus.flush()).catch((error: unknown) =>
    log.warn('last replies perhaps lost', { error: messageOf(error) }),
  );
}
