export { FileMap } from './file-map.ts';
export { launchRecording } from './launch-recording.ts';
export { findRecording, type Program, type Recording } from './recording.ts';
export type { ReplayWorld } from './replay.ts';
export { restageRecording } from './restage-recording.ts';
