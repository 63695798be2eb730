export { cronScript } from './cron-script.ts';
export { cronJobsOf } from './crontab.ts';
