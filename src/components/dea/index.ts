export { readDeaConfig } from './config/config.ts';
export { deaLogLine } from './config/dea-log-line.ts';
export { startupTextsOf } from './config/startup-texts.ts';
export { dea } from './dea.ts';
export { DeaOptions } from './options.ts';
