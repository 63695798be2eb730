import type { AppRecord } from '#components/cloud-controller/records.ts';
import { appState, appUse, appWake } from '#contract/apps.ts';
import { hmRequests } from '#contract/health.ts';
import { routerStart } from '#contract/routes.ts';
import { waitFor } from '#ground/wait.ts';
import type { Scope } from '../../../support/spec.ts';
import { startTestOperations, type TestOperations, type TestOptions } from '../operations.ts';
import { playDea, seen, startedApp } from './dea.ts';

/** A router of ours that says whether an app is in use. */
export function playRouter(scope: Scope, { bus }: TestOperations, use: () => boolean | Promise<boolean>): void {
  scope.use(bus.answer(appUse, async () => ({ router: 'router', in_use: await use() })));
}

interface RunningOptions extends TestOptions {
  readonly given?: Partial<AppRecord> & { instances?: number };
  /** Whether a router of ours has said that it is there. */
  readonly hasRouter?: boolean;
}

/** An app with this many running instances, and what routers hear of it. */
export async function startRunning(scope: Scope, { given = {}, hasRouter = true, ...options }: RunningOptions = {}) {
  const cc = await startTestOperations(scope, options);
  if (hasRouter) cc.bus.publish(routerStart, { id: 'router', port: 80 });
  const dea = await playDea(scope, cc);
  const { app } = await startedApp(cc, given);
  await cc.operations.start(app);
  await dea.started(given.instances ?? 1);
  dea.beats();
  await seen(cc, app, Array.from({ length: given.instances ?? 1 }, () => 'RUNNING').join());
  const states: string[] = [];
  scope.use(cc.bus.subscribe(appState, ({ state }) => void states.push(state)));
  await cc.bus.flush();
  const spinDown = () => cc.bus.publish(hmRequests, { op: 'SPINDOWN', droplet: app.guid });
  const wake = () => cc.bus.ask(appWake, { app: app.guid }, { limitMs: 15_000 });
  const record = () => cc.store.get('app', app.guid);
  const becomes = (state: string) =>
    waitFor(`${state}`, () => (states.at(-1) === state ? true : undefined), { limitMs: 15_000 });
  /** What was told again changes nothing. */
  const turns = () => states.filter((state, at) => state !== states[at - 1]);
  return { cc, dea, app, states, turns, spinDown, wake, record, becomes };
}
