export { isAddress } from './buildpack-place.ts';
export { BuilderFailure, exitCodes } from './failure.ts';
export { builderOptionsOf } from './flags.ts';
export type { BuilderOptions, BuilderWorld } from './options.ts';
export type { Staged } from './result.ts';
export { runBuilder } from './run-builder.ts';
