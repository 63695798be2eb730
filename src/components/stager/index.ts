export { optionsOfOriginal, StagerOptions } from './options.ts';
export { stager } from './stager.ts';
