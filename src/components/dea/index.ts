export { dea } from './dea.ts';
export { DeaOptions } from './options.ts';
