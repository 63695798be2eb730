export { choose } from './choose.ts';
export { type Constraint, textOf } from './constraints.ts';
export type { RuntimePlaces } from './find-runtimes.ts';
export { managerVariablesOf } from './manager-variables.ts';
export { RuntimeTable } from './runtime-table.ts';
export { runtimesForApp } from './runtimes-for-app.ts';
