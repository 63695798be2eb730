import { homeOf } from '#assembly/home.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import type { World } from './world.ts';

/** What a command is given beside its input. */
export interface Cli extends World {
  /** Where localpaas keeps its things, absolute. */
  readonly home: string;
  /** What the command found out. */
  readonly out: Output;
  /** How it is going. */
  readonly progress: Progress;
}

export function cliOf(world: World): Cli {
  return {
    ...world,
    home: homeOf(undefined, world.env).path,
    out: new Output(world.output, world.env),
    progress: new Progress(world.messages, world.env),
  };
}
