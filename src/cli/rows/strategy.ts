import { choice } from '../command.ts';

/** How the commands replace what runs. */
export const strategy = choice(
  '--strategy <name>',
  'start the new version beside the old one, which serves until it is well; or stop the old one first',
  ['rolling', 'in-place'],
);
