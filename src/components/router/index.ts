export { readRouterConfig } from './config.ts';
export type { Entrance } from './doors.ts';
export type { Front } from './front.ts';
export { RouterOptions } from './options.ts';
export { type RunningRouter, startRouter } from './router.ts';
