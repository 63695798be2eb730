export { cronScript, forEver } from './cron-script.ts';
export { cronJobsOf } from './crontab.ts';
