import type { Place } from './place-in-log.ts';

/** How long the parts of a redeploy took, in ms; only those there were. */
export interface Steps {
  readonly upload?: number;
  readonly stage?: number;
  readonly start?: number;
}

/** A fact about the app that changed, for people: `server.js changed`, and for programs. */
interface Occasion {
  readonly what: string;
  /** The first of them. */
  readonly files: readonly string[];
  /** From the save, in ms. */
  readonly ms: number;
}

/** Why a version does not serve. */
export interface Failure extends Occasion {
  readonly app: string;
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
  readonly place: Place | null;
  /** In the words of the program that failed. */
  readonly reason: string | null;
  /** What it said at last; nothing where its lines are shown as they come. */
  readonly log: readonly string[];
  /** When the version that still serves began to, for people; null when there is none, and when it is not known. */
  readonly stillServing: string | null;
}

/** What happens in a watch; programs that read `--json` rely on these names. */
export type WatchEvent =
  | { readonly event: 'watching'; readonly app: string; readonly folder: string; readonly files: number }
  | { readonly event: 'polling'; readonly folder: string; readonly why: string }
  | ({
      readonly event: 'serving';
      readonly app: string;
      /** `layered`: what changed was laid over what was staged before. `synced`: put into the instances that run. */
      readonly way: 'pushed' | 'layered' | 'synced';
      readonly steps: Steps;
    } & Occasion)
  /** What serves was staged as a whole, and is the same; nothing was restarted. */
  | { readonly event: 'settled'; readonly app: string }
  /** Staging makes something else of the files than what serves: that is deployed now, and from now on at once. */
  | { readonly event: 'restaging'; readonly app: string; readonly differences: readonly string[] }
  | ({ readonly event: 'failed' } & Failure)
  /** It served, and failed in its first seconds. */
  | ({ readonly event: 'withdrawn' } & Failure)
  /** Saved, and the same as before. */
  | { readonly event: 'unchanged'; readonly app: string; readonly files: readonly string[] }
  /** Back to what serves, after a failure. */
  | { readonly event: 'reverted'; readonly app: string }
  /** The folder cannot be pushed as it is. */
  | {
      readonly event: 'unusable';
      readonly app: string;
      readonly problems: readonly { message: string; remedy: string }[];
    }
  | { readonly event: 'usable'; readonly app: string }
  /** The folder does not come to rest. */
  | { readonly event: 'moving'; readonly files: readonly string[] }
  | { readonly event: 'lost'; readonly app: string; readonly message: string }
  | { readonly event: 'found'; readonly app: string; readonly isUpToDate: boolean }
  | {
      readonly event: 'log';
      /** To the hundredth of a second, in UTC. */
      readonly at: string;
      readonly source: string;
      readonly instance: string;
      readonly stream: 'OUT' | 'ERR';
      readonly text: string;
    }
  | { readonly event: 'stopped'; readonly app: string; readonly takenOverFor: string | null };
