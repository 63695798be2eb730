import { ActionableError } from '#ground/errors.ts';
import { standaloneMode } from './frameworks.ts';
import { type DropletPlan, memoryMbOf, type Plugin, type StagingInput } from './plan.ts';
import { rubyCommon } from './ruby.ts';
import { groupOf } from './startup-script.ts';

/** Runs the command it is given, word for word. */
export const standalone: Plugin = (input) => {
  const command = input.properties.meta?.command?.trim();
  if (command === undefined || command === '') {
    throw new ActionableError(
      'STAGING_FAILED',
      'A standalone app has no start command of its own, and none was given.',
      'Give one with `--command`, or as `command:` in the manifest.',
    );
  }
  return { ...runtimePlan(input, groupOf(command)), appMode: standaloneMode };
};

function runtimePlan(input: StagingInput, command: string): DropletPlan {
  if (input.family === 'ruby') {
    const { variables, options, prepare, files, log } = rubyCommon(input);
    return { startup: { variables: { ...variables, RUBYOPT: options }, prepare, command }, files, log };
  }
  if (input.family === 'java') {
    const memory = `${memoryMbOf(input.properties)}m`;
    const JAVA_OPTS = `$JAVA_OPTS -Xms${memory} -Xmx${memory} -Djava.io.tmpdir=$PWD/tmp`;
    return { startup: { variables: { JAVA_OPTS }, command } };
  }
  if (input.family === 'python') return { startup: { variables: { PYTHONUNBUFFERED: 'true' }, command } };
  return { startup: { command } };
}
