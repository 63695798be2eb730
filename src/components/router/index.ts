export { readRouterConfig } from './config.ts';
export type { Entrance } from './doors.ts';
export type { Front } from './front.ts';
export { RouterOptions } from './options.ts';
export { RouteTable } from './route-table.ts';
export { type RunningRouter, startRouter } from './router.ts';
export { runRouterWorker } from './run-worker.ts';
export type { Workforce } from './worker-team.ts';
