import type { Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';

/** What v3 has no word for. */
export function localpaasRoutes(routes: Routes, { options, setup }: Api): void {
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
}
