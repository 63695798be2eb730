import { killAppAndItsChildren, type StartHook, type StartupScript, startupText, stopText } from '../startup-script.ts';
import { launcherScript } from './launcher-script.ts';

/** Where the launcher lies in a droplet. */
const launcherName = '.launcher';

/** Names the start command instead of staging_info.yml; the app does not see it. */
export const startCommandVariable = 'LOCALPAAS_START_COMMAND';

/** A file of a droplet. */
interface DropletFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/** What a droplet that a buildpack made needs beside its own files, so that a DEA can run it. */
export function buildpackStartup(hooks: readonly StartHook[] = []): readonly DropletFile[] {
  return [
    { name: 'startup', text: startupText({ ...startup, hooks }), mode: 0o755 },
    { name: 'stop', text: stopText(killAppAndItsChildren), mode: 0o755 },
    { name: launcherName, text: launcherScript, mode: 0o755 },
  ];
}

/** The launcher asks for the instance by the names of Diego; a DEA has others for it. */
const startup: StartupScript = {
  directory: '.',
  before: [
    `export INSTANCE_GUID="\${INSTANCE_GUID:-\${CF_INSTANCE_GUID:-}}" INSTANCE_INDEX="\${INSTANCE_INDEX:-\${CF_INSTANCE_INDEX:-0}}"`,
    `set -- "\${${startCommandVariable}:-}"`,
    `unset ${startCommandVariable}`,
  ],
  hookRunner: [`bash ./${launcherName} app`, `'' `],
  command: `bash ./${launcherName} app "$1" ''`,
};
