import {
  type DiscoverRequest,
  deaDiscover,
  deaFindDroplet,
  deaLocate,
  deaStart,
  deaStartInstance,
  deaStatus,
  deaStop,
  deaSync,
  deaUpdate,
  dropletStatus,
  type Hello,
} from '#contract/dea.ts';
import { healthManagerStart } from '#contract/health.ts';
import { routerStart } from '#contract/routes.ts';
import { runtimesQuestion } from '#contract/runtimes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import { type Component, type ComponentContext, type Running, runningWith } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { repeat, sleep } from '#ground/wait.ts';
import { randomId, register } from '#vcap/registration.ts';
import { Agent } from './agent.ts';
import { serveAppFiles } from './files/file-viewer.ts';
import type { DeaOptions } from './options.ts';
import { loadUnpacking } from './prepare-directory.ts';
import { placesIn } from './tools.ts';
import { varzOf } from './varz.ts';

const tidyEveryMs = 30_000;

/** Runs the instances of apps: starts, watches, reports and ends them. */
export const dea: Component<DeaOptions> = {
  name: 'dea',
  async start(context: ComponentContext, options: DeaOptions): Promise<Running> {
    const { bus } = context;
    await using undo = new AsyncDisposableStack();
    const { host, index } = options;
    const id = `${index === null ? '' : `${index}-`}${randomId()}`;
    const { instances } = placesIn(context.dataDir, options.baseDir);
    const files = await serveAppFiles(undo, { host, port: options.filerPort, instances, log: context.log });
    // What can fail for a port that is taken comes before the instances are taken over.
    let open: (agent: Agent) => void = () => {};
    const opened = new Promise<Agent>((resolve) => {
      open = resolve;
    });
    const { status, shownConfig: config = options } = options;
    const varz = async () => varzOf(await opened);
    await register(undo, context, { type: 'DEA', uuid: id, host, index, status, config, varz });
    const agent = await Agent.open(context, options, { id, files });
    open(agent);
    // Before the agent, so that it goes after it: it tells the status of a DEA that stops.
    undo.use(bus.answer(deaStatus, () => agent.answers.status(agent.signal.aborted)));
    undo.use(agent);
    answerQuestions(undo, bus, agent);
    takeOrders(undo, bus, agent);
    speakUnasked(undo, agent);
    undo.defer(() => agent.close());
    introduce(bus, agent);
    context.log.debug('dea is there', { dea: id });
    return runningWith(undo.move());
  },
};

function answerQuestions(undo: AsyncDisposableStack, bus: Bus, agent: Agent): void {
  const { answers, fleet, signal, tools } = agent;
  const discover = async (request: DiscoverRequest): Promise<Hello | undefined> => {
    const delayMs = answers.discoverDelayMs(request);
    if (delayMs === undefined || (await fleet.whyUnfit(request)) !== undefined) return undefined;
    loadUnpacking().catch(() => {}); // a start may follow; if this fails, so will that
    await sleep(delayMs, signal);
    return fleet.whyNot(request) === undefined ? answers.hello() : undefined;
  };
  undo.use(bus.answer(deaDiscover, (request) => discover(request).catch(() => undefined))); // we stop meanwhile
  undo.use(bus.answerEach(deaFindDroplet, (request) => answers.find(request, Date.now())));
  undo.use(bus.answerEach(dropletStatus, () => answers.stats(Date.now())));
  undo.use(
    bus.answer(runtimesQuestion, async ({ family }) => {
      const table = await tools.runtimeTable();
      return { dea: answers.hello().id, runtimes: await (family ? table.of(family) : table.all()) };
    }),
  );
  undo.use(bus.subscribe(deaLocate, () => agent.advertise()));
  undo.use(bus.subscribe(healthManagerStart, () => tools.announcer.heartbeat(fleet.records)));
  undo.use(bus.subscribe(routerStart, () => agent.registerAll()));
  undo.use(bus.onReconnect(() => void agent.busIsBack().catch(() => {}))); // it fails when we stop meanwhile
}

function takeOrders(undo: AsyncDisposableStack, bus: Bus, { answers, files, fleet, signal }: Agent): void {
  const { id: dea } = answers.hello();
  undo.use(bus.subscribe(deaStartInstance.at(dea), (request) => fleet.start(request)));
  undo.use(bus.subscribe(deaStop, (request) => fleet.stop(request)));
  undo.use(bus.subscribe(deaUpdate, (request) => fleet.update(request)));
  undo.use(
    bus.answerEach(deaSync, async (request) => {
      const replies = await files.sync(request, signal);
      return replies.map((reply) => ({ dea, ...reply }));
    }),
  );
}

function speakUnasked(undo: AsyncDisposableStack, agent: Agent): void {
  const { fleet, tools } = agent;
  const { advertiseEveryMs, heartbeatEveryMs, registerEveryMs } = tools.options;
  const failed = (error: unknown) => tools.log.error('regular message failed', { error: messageOf(error) });
  // A fifth more or less, or all routes of all DEAs would come at once.
  const pause = () => sleep(registerEveryMs * 0.2 * 2 * Math.random(), agent.signal);
  undo.use(repeat(heartbeatEveryMs, () => tools.announcer.heartbeat(fleet.records), failed));
  undo.use(repeat(advertiseEveryMs, () => agent.advertise(), failed));
  undo.use(
    repeat(
      registerEveryMs * 0.8,
      () =>
        pause().then(
          () => agent.registerAll(),
          () => {},
        ),
      failed,
    ),
  );
  undo.use(repeat(tidyEveryMs, () => fleet.tidy(Date.now()), failed));
}

function introduce(bus: Bus, agent: Agent): void {
  bus.publish(deaStart, agent.answers.hello());
  agent.repeatEverything();
}
