import type { Sandbox } from '#workload/sandbox/index.ts';
import type { Staged } from './result.ts';

/** Diego's settings of a build. All paths may be relative to the working directory. */
export interface BuilderOptions {
  /** The app's files; the buildpack changes them in place. */
  readonly buildDir: string;
  readonly outputDroplet: string;
  /** Becomes result.json. */
  readonly outputMetadata: string;
  /** None is written when it is empty: who keeps `cacheDir` needs none. */
  readonly outputCache: string;
  /** Holds the buildpacks that are there already, each in a directory named by its key. */
  readonly buildpacksDir: string;
  /** Buildpacks that are named by an address land here. */
  readonly downloadDir: string;
  /** What the last build of this app kept, unpacked. */
  readonly cacheDir: string;
  /** Keys or addresses. */
  readonly order: readonly string[];
  /** All of `order` is used, without asking the buildpacks. */
  readonly skipDetect: boolean;
  readonly skipCertVerify: boolean;
  /** Does what Diego does and no more: see the room's README for what that leaves out. */
  readonly strict: boolean;
  /** Moves the app's files into the droplet instead of copying them; `buildDir` is gone then. */
  readonly movesApp?: boolean;
  /** 1 to 9 for the droplet and the cache; 6 when strict, as tar has it, else 1. */
  readonly gzipLevel?: number;
}

/** What surrounds a build. */
export interface BuilderWorld {
  /** The whole environment of the buildpack's scripts. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Pieces end with a line where they can; longer lines come in several. */
  out(text: string): void | Promise<void>;
  err(text: string): void | Promise<void>;
  readonly signal?: AbortSignal | undefined;
  /** In which scripts run, and where they may write what is theirs to write; as ordinary processes when absent. */
  readonly sandbox?: Sandbox | undefined;
  /** What of the environment the user set, which buildpacks of Heroku are given as files; all but the usual when absent. */
  readonly appEnv?: Readonly<Record<string, string>>;
  /** Where a buildpack lies, when the caller knows better than `buildpacksDir`. */
  locate?(key: string): string | undefined;
  /** Called before the droplet is packed: what it adds to the directory becomes part of it. */
  finish?(contents: { readonly directory: string; readonly staged: Staged }): Promise<void>;
}
