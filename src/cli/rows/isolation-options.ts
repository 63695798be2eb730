import { choice, count } from '../command.ts';

/** What programs of apps are kept in while they are staged. */
export const isolationOptions = {
  isolation: choice('--isolation <level>', 'the sandbox of staging; else $LOCALPAAS_ISOLATION, else auto', [
    'auto',
    '2',
    'none',
  ]),
  requireIsolation: count('--require-isolation <level>', 'do not start where staging would get less than this level'),
};
