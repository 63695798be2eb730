export { AppFiles } from './app-files.ts';
export { UnknownApp } from './detect.ts';
export { whyToBuild } from './needs-building.ts';
export { type FrameworkStaging, type StagedApp, stageFramework } from './stage-framework.ts';
