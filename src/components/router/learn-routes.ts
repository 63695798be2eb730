import { appState, appUse } from '#contract/apps.ts';
import { type EndpointsQuestion, routerEndpoints, routerRegister, routerUnregister } from '#contract/routes.ts';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { ComponentContext } from '#ground/component.ts';
import { randomId } from '#vcap/registration.ts';
import { AppStates } from './app-states.ts';
import { activeAppsOf, type Company } from './company.ts';
import type { Directory } from './find-endpoint.ts';
import { IdleApps } from './idle-apps.ts';
import { LiveReload } from './live-reload/live-reload.ts';
import type { RouterOptions } from './options.ts';
import { type Endpoint, RouteTable } from './route-table.ts';
import { WaitingRoom } from './waiting-room.ts';

/** Keeps a directory, and whatever else follows from it, as the bus says, and tells those who wait about it. */
export function learnRoutes(
  undo: AsyncDisposableStack,
  context: ComponentContext,
  options: RouterOptions,
  { membership }: Company,
) {
  const { bus, log } = context;
  const [table, states, room] = [new RouteTable(), new AppStates(), new WaitingRoom(options.maxHeld)];
  const idle = undo.use(new IdleApps({ bus, log, table, states, room }));
  const activeApps = undo.use(activeAppsOf(context, options, membership));
  const liveReload = new LiveReload({ bus, find: ({ host, target }) => states.find(host, target) });
  const directory: Directory = { table, states, room, wake: (app) => idle.wake(app) };
  undo.use(
    bus.subscribe(routerRegister, (message) => {
      table.register(message, Date.now());
      idle.registered(message);
      if (room.taken > 0) for (const uri of message.uris) room.wake(states.at(uri)?.app ?? '');
    }),
  );
  undo.use(bus.subscribe(routerUnregister, (message) => table.unregister(message)));
  undo.use(
    bus.subscribe(appState, (state) => {
      const before = states.of(state.app);
      states.put(state);
      idle.follow(before, state);
      activeApps.follow(state);
      liveReload.follow(state);
      room.wake(state.app);
    }),
  );
  const router = randomId();
  undo.use(bus.answer(routerEndpoints, (question) => ({ router, ...table.census(question.uris, meantBy(question)) })));
  undo.use(bus.answer(appUse, ({ app }) => ({ router, in_use: activeApps.isInUse(app) })));
  undo.use(bus.onReconnect(() => table.refreshAll(Date.now())));
  return { id: router, directory, idle, activeApps, liveReload };
}

function meantBy({ version, private_instance_id: instance }: EndpointsQuestion): (endpoint: Endpoint) => boolean {
  return (endpoint) =>
    (!version || endpoint.version === version) && (!instance || endpoint.privateInstanceId === instance);
}
