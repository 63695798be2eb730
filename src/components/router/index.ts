export { RouterOptions } from './options.ts';
export { startRouter } from './router.ts';
