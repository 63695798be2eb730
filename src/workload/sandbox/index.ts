export { isolationFor } from './choose-isolation.ts';
export { openStagingSandbox, type StagingPlaces, standInsIn } from './for-staging.ts';
export { type Isolated, isolationHere, type NotIsolated } from './isolation.ts';
export type { Sandbox, SandboxOptions } from './open-sandbox.ts';
export { RefusalListener } from './refusals.ts';
export type { IsolationSettings } from './settings.ts';
export type { View } from './view.ts';
