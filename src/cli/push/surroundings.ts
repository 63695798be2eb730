import { homeOf } from '#assembly/home.ts';
import { askForLine } from '../ask.ts';
import type { Cli } from '../cli.ts';
import { endpointOf } from '../login.ts';
import { type Asker, PushFacts } from './push-facts.ts';
import type { Surroundings } from './push-plan.ts';

/** What surrounds a push from this command line. */
export function surroundingsOf(cli: Cli): Surroundings {
  const { workingDirectory, env } = cli;
  const platform = async () => (await endpointOf(homeOf(cli.home, {})))?.platform ?? notStarted;
  const ask: Asker = (question, options) => askForLine(cli, question, options);
  return { workingDirectory, env, facts: new PushFacts(platform), ask: cli.input.isTTY === true ? ask : undefined };
}

/** Stands for a platform that is not there; the push itself will say so. */
const notStarted = { domain: 'localhost', url: 'http://localhost' };
