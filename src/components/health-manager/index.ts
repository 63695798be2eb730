export { readHealthManagerConfig } from './config.ts';
export { healthManager } from './health-manager.ts';
export { HealthManagerOptions } from './options.ts';
