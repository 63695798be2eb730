import { flag, text } from '../command.ts';
import { upOptions } from './up-options.ts';

export const serviceActions = ['install', 'uninstall', 'status'] as const;

/** What only `service install` takes. */
export const installOptions = {
  ...upOptions,
  runAs: text('--run-as <user>', 'as whom it runs, for root; else the one who called sudo'),
  sandbox: flag('--no-sandbox', "do without the service manager's restrictions"),
};
