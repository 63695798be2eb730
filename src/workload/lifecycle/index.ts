export { type FrameworkStaging, type StagedApp, stageFramework } from './stage-framework.ts';
