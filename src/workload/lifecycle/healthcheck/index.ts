export { type HealthcheckOptions, readHealthcheckOptions } from './options.ts';
export { checkInMode, runHealthcheck } from './run-healthcheck.ts';
