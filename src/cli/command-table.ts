import type { Command } from './command.ts';
import { appCommands, stateCommands } from './rows/apps.ts';
import { buildpackCommands } from './rows/buildpacks.ts';
import { lifecycleCommands } from './rows/lifecycle.ts';
import { partCommands } from './rows/parts.ts';
import { platformCommands } from './rows/platform.ts';
import { routeCommands } from './rows/routes.ts';
import { settingCommands } from './rows/settings.ts';
import { taskCommands } from './rows/tasks.ts';
import { completionCommand, toolCommands } from './rows/tools.ts';

interface CommandGroup {
  readonly title: string;
  readonly members: readonly Command[];
}

/** Every command, as help groups them. Parsing, help and completion all come from here. */
export const commandGroups: readonly CommandGroup[] = [
  { title: 'Platform', members: platformCommands },
  { title: 'Apps', members: appCommands },
  { title: 'State of an app', members: stateCommands },
  { title: 'Tasks of an app', members: taskCommands },
  { title: 'Settings of an app', members: settingCommands },
  { title: 'Routes', members: routeCommands },
  { title: 'Buildpacks', members: buildpackCommands },
  { title: 'Parts, one by one', members: partCommands },
  { title: 'Programs of Diego', members: lifecycleCommands },
  { title: 'Tools', members: [...toolCommands, completionCommand(() => commands)] },
];

export const commands: readonly Command[] = commandGroups.flatMap(({ members }) => members);
