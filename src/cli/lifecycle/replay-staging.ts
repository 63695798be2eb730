import { restageRecording } from '#workload/lifecycle/replay/index.ts';
import type { Cli } from '../cli.ts';
import { readRecording, replayWorld } from './read-recording.ts';

interface ReplayInput {
  /** A file, or `-`. */
  readonly recording: string;
  readonly map: readonly string[];
  readonly upload: boolean;
  readonly json: boolean;
}

/** Stages an app as it was recorded. */
export async function replayStaging(cli: Cli, { recording, map, upload, json }: ReplayInput): Promise<void> {
  const found = await readRecording(cli, recording, 'builder');
  const restaged = await restageRecording(found, replayWorld(cli, map, json), { upload });
  if (json) {
    cli.out.json(restaged);
    return;
  }
  const { guid, buildpack, command, droplet, result } = restaged;
  cli.out.facts([
    ['app', guid],
    ['buildpack', buildpack],
    ['command', command],
    ['droplet', droplet],
    ['result', result],
  ]);
}
