import { ActionableError } from '#ground/errors.ts';
import { launchRecording } from '#workload/lifecycle/replay/index.ts';
import type { Cli } from '../cli.ts';
import { readRecording, replayWorld } from '../lifecycle/read-recording.ts';

interface LaunchInput {
  readonly recording: string | undefined;
  readonly env: readonly string[];
  readonly port: number | undefined;
  readonly map: readonly string[];
  readonly json: boolean;
}

/** @returns the app's exit code */
export async function run(cli: Cli, { recording = '-', env, port, map, json }: LaunchInput): Promise<number> {
  if (port !== undefined && port > 65_535) {
    throw new ActionableError('USAGE', `--port cannot be '${port}'.`, 'Give it 65535 or less.');
  }
  const variables = Object.fromEntries(env.map(variableIn));
  const found = await readRecording(cli, recording, 'launcher');
  return launchRecording(found, replayWorld(cli, map, json), {
    port,
    env: variables,
    started(instance) {
      if (json) cli.out.event({ event: 'started', ...instance });
      else cli.progress.line(`Started with pid ${instance.pid}`);
    },
    healthy(instance) {
      const url = `http://127.0.0.1:${instance.port}`;
      if (json) cli.out.event({ event: 'healthy', url, ...instance });
      else cli.progress.line(`The app is well: ${url}`);
    },
  });
}

function variableIn(given: string): [name: string, value: string] {
  const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(given) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new ActionableError('USAGE', `--env cannot be '${given}'.`, 'Give it KEY=VALUE.');
}
