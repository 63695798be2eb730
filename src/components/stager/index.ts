export { ConfigError } from '#vcap/config-rules.ts';
export { readStagerConfig, takeStagerPidFile } from './config.ts';
export { StagerOptions } from './options.ts';
export { stager } from './stager.ts';
export { stagerLogLine } from './stager-log-line.ts';
