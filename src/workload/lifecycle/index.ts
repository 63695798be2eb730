export { AppFiles } from './app-files.ts';
export { defaultRuntimeOf, detectFramework } from './detect.ts';
export { type DetectionRules, type Framework, frameworks } from './frameworks.ts';
export { type FrameworkStaging, type StagedApp, stageFramework } from './stage-framework.ts';
export type { ScriptVersion } from './startup-script.ts';
