import type { Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { stateText } from '../portable/state-file.ts';
import { stateIn } from '../portable/stored-state.ts';

/** What v3 has no word for. */
export function localpaasRoutes(routes: Routes, { operations, options, setup, store }: Api): void {
  const startedAtMs = Date.now();
  routes.on('GET', '/localpaas/v1/info', () => ({
    status: 200,
    body: {
      version: options.version,
      domain: options.domain,
      home: options.home,
      /** Seconds. */
      uptime: Math.floor((Date.now() - startedAtMs) / 1000),
      organization: { guid: setup.organization.guid, name: setup.organization.name },
      space: { guid: setup.space.guid, name: setup.space.name },
      defaults: { memory_in_mb: options.defaultMemoryMb, disk_in_mb: options.defaultDiskMb },
    },
  }));
  routes.on('GET', '/localpaas/v1/runtimes', async () => ({
    status: 200,
    body: { deas: await operations.runtimesOfDeas() },
  }));
  // For backups: everything that was acknowledged before, the values of variables too.
  routes.on('GET', '/localpaas/v1/desired-state', () => ({
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    body: stateText(stateIn(store), new Date()),
  }));
}
