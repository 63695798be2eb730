export { launcherScript } from './launcher-script.ts';
export { shellScript } from './shell-script.ts';
export { buildpackStartup, startCommandVariable } from './startup.ts';
