import type { HttpRequest, Routes } from '#ground/http-server.ts';
import { startStaged } from './start-staged.ts';
import { appIn, type V1Context } from './v1-context.ts';

/** Updates of apps that run: new bits are staged, and new instances take over. */
export function v1UpdateRoutes(routes: Routes, context: V1Context): void {
  const { api, door } = context;
  const path = '/apps/:name/update';
  /** When the last update of each app began, in ms since 1970. Nobody asks for one of an earlier run. */
  const begun = new Map<string, number>();
  routes.on(
    'PUT',
    path,
    door.guarded(async (request) => {
      const app = appIn(context, request);
      begun.set(app.guid, Date.now());
      if (app.state === 'STARTED') await startStaged(api, app, { always: true });
      return { status: 204 };
    }),
  );
  routes.on(
    'GET',
    path,
    door.guarded((request: HttpRequest) => {
      const app = appIn(context, request);
      const sinceMs = begun.get(app.guid);
      if (sinceMs === undefined) return { status: 200, body: { state: 'NONE', since: 0 } };
      const states = api.operations.instancesOf(app).map(({ state }) => state);
      return { status: 200, body: { state: outcomeOf(states), since: Math.floor(sinceMs / 1000) } };
    }),
  );
}

/** What became of an update, seen by the instances that should run now. */
function outcomeOf(states: readonly string[]): 'UPDATING' | 'SUCCEEDED' | 'CANARY_FAILED' {
  if (states.includes('CRASHED')) return 'CANARY_FAILED';
  return states.every((state) => state === 'RUNNING') ? 'SUCCEEDED' : 'UPDATING';
}
