export { RouterOptions } from './options.ts';
export { type RunningRouter, startRouter } from './router.ts';
