import type { Ran } from '../bench/run-program.ts';
import type { Api } from './api.ts';

/** A platform as its users reach it. */
export interface Reachable {
  readonly home: string;
  readonly api: Api;
  /** Where the router answers for an app. */
  addressOf(app: string): { port: number; host: string };
  /** Runs the command line. Never rejects for an exit code. */
  run(args: readonly string[], limitMs?: number): Promise<Ran>;
  /** @throws Error unless it succeeds */
  ok(...args: readonly string[]): Promise<Ran>;
}
