export { logCache } from './log-cache.ts';
export { LogCacheOptions } from './options.ts';
