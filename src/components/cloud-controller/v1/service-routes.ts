import { V1Error } from '#contract/api/v1.ts';
import type { Routes } from '#ground/http-server.ts';
import type { V1Context } from './v1-context.ts';

/** There are no services. Clients ask in passing what is there. */
export function v1ServiceRoutes(routes: Routes, { door }: V1Context): void {
  const refuse = () => {
    throw new V1Error('serviceNotFound', 'There are no services here: put what the app needs into its environment.');
  };
  routes.on(
    'GET',
    '/services',
    door.guarded(() => ({ status: 200, body: [] })),
  );
  routes.on('POST', '/services', door.guarded(refuse));
  routes.on('GET', '/services/:name', door.guarded(refuse)).on('DELETE', '/services/:name', door.guarded(refuse));
}
