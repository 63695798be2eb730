export { isolationFor } from './choose-isolation.ts';
export { openStagingSandbox, standInsIn } from './for-staging.ts';
export { type Isolated, isolationHere, type NotIsolated } from './isolation.ts';
export type { Sandbox } from './open-sandbox.ts';
export { RefusalListener } from './refusals.ts';
export type { IsolationSettings } from './settings.ts';
