import { deaHeartbeat, dropletExited } from '#contract/dea.ts';
import {
  dropletUpdated,
  healthManagerDroplet,
  healthManagerHealth,
  healthManagerStart,
  healthManagerStatus,
} from '#contract/health.ts';
import { routerActiveApps } from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { type Component, type ComponentContext, type Running, runningWith } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { repeat, sleep } from '#ground/wait.ts';
import { register } from '#vcap/registration.ts';
import { healthOf, reportOf, statusOf } from './answers.ts';
import type { HealthManagerOptions } from './options.ts';
import { SpinDown } from './spin-down.ts';
import { Watch } from './watch.ts';

/** Compares what should run with what runs, and asks the cloud controller for starts and stops. */
export const healthManager: Component<HealthManagerOptions> = {
  name: 'health-manager',
  async start(context: ComponentContext, options: HealthManagerOptions): Promise<Running> {
    const { bus, log } = context;
    await using undo = new AsyncDisposableStack();
    const stop = new AbortController();
    const watch = undo.use(new Watch(bus, log, options, stop.signal));
    const failed = (what: string) => (error: unknown) => {
      if (!stop.signal.aborted) log.warn(what, { error: messageOf(error) });
    };

    undo.use(bus.subscribe(deaHeartbeat, (message) => watch.heartbeat(message)));
    undo.use(bus.subscribe(dropletExited, (message) => watch.exited(message)));
    undo.use(bus.subscribe(dropletUpdated, ({ droplet }) => watch.updated(droplet)));
    const spinDown = new SpinDown(options.spinDownAfterMs, watch.requests, log);
    undo.use(bus.subscribe(routerActiveApps, (apps) => spinDown.heard(apps, watch.knowledge, Date.now())));
    undo.use(bus.answer(healthManagerStatus, (request) => statusOf(watch.knowledge, request)));
    undo.use(
      bus.answerEach(healthManagerHealth, ({ droplets }) =>
        droplets.map((each) => healthOf(watch.knowledge, each, watch.nowMs())),
      ),
    );
    undo.use(
      bus.answerEach(healthManagerDroplet, ({ droplets }) =>
        droplets.flatMap((each) => reportOf(watch.knowledge, each.droplet) ?? []),
      ),
    );
    undo.use(bus.onReconnect(() => watch.busIsBack()));

    const { index, host, status, shownConfig, ...own } = options;
    const varz = () => ({ ...watch.varz(), active_apps_msgs_received: spinDown.messages });
    const config = shownConfig ?? own;
    await register(undo, context, { type: 'HealthManager', index, host, status, config, varz });
    await bus.flush(); // from here on no message is missed

    const survey = (async () => {
      bus.publish(healthManagerStart, null);
      const desired = watch.refreshUntilKnown();
      desired.catch(() => {}); // told below, unless we stop before
      await sleep(options.surveyMs, stop.signal);
      await desired;
      watch.analyse({ settledAfterMs: 0 });
    })();
    survey.catch(failed('first analysis failed'));
    undo.defer(() => survey.catch(() => {}));
    // Before it is waited for: without a cloud controller it would never end.
    undo.defer(() => stop.abort(new Error('The health manager stops.')));
    undo.use(repeat(options.analyseEveryMs, () => watch.analyse(), failed('analysis failed')));
    undo.use(repeat(options.refreshEveryMs, () => watch.refresh(), failed('desired state not read')));
    return runningWith(undo.move());
  },
};
