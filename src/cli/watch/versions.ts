import { basename } from 'node:path';
import type { AppFile } from '../push/app-file.ts';
import type { ContentHashes } from '../push/content-hashes.ts';
import { type Changes, changesBetween, describeChanges, isEmpty, pathsIn } from './changes.ts';
import type { Happening } from './redeploys.ts';

/** A state of the folder that serves, is to serve, or was to. */
export interface Version {
  readonly files: readonly AppFile[];
  /** By path, something that differs when a file of the settings has another content. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What a new state means. */
export interface Meaning {
  /** Absent when it means nothing. */
  readonly happening?: Happening;
  /** Files that were saved as they were. */
  readonly touched: readonly string[];
}

/** The version that serves, the one that is under way, and the one that failed last. */
export class Versions {
  readonly #hashes: ContentHashes;
  #underWay: Version | undefined;
  #serving: Version | undefined;
  #failed: Version | undefined;

  constructor(hashes: ContentHashes) {
    this.#hashes = hashes;
  }

  get hasFailed(): boolean {
    return this.#failed !== undefined;
  }

  isServing(version: Version): boolean {
    return this.#serving === version;
  }

  begin(version: Version): void {
    this.#underWay = version;
  }

  /** Nothing came of what was under way. */
  end(): void {
    this.#underWay = undefined;
  }

  serve(version: Version): void {
    this.#underWay = undefined;
    this.#serving = version;
    this.#failed = undefined;
  }

  fail(version: Version): void {
    this.#underWay = undefined;
    this.#failed = version;
  }

  /** What served since a moment has failed. */
  withdraw(): void {
    this.#failed = this.#serving;
    this.#serving = undefined; // one before it serves, but not sure which
  }

  /** The platform has something else now. */
  forgetServing(): void {
    this.#serving = undefined;
  }

  async meaningOf(state: Version, folder: string): Promise<Meaning> {
    const since = (before: Version | undefined) => before && this.#changesSince(before, state, folder);
    const underWay = await since(this.#underWay);
    if (underWay !== undefined) return { happening: isEmpty(underWay) ? 'as before' : 'changed', touched: [] };
    const failed = await since(this.#failed);
    if (failed !== undefined && isEmpty(failed)) {
      return failed.touched.length > 0 ? { happening: 'saved again', touched: [] } : { touched: [] };
    }
    const serving = await since(this.#serving);
    if (serving === undefined || !isEmpty(serving)) return { happening: 'changed', touched: [] };
    this.#failed = undefined;
    return { happening: 'as before', touched: serving.touched };
  }

  /** How a state that is going to be deployed differs from the one that was tried last: for people, and all paths. */
  async occasionOf(state: Version, folder: string): Promise<{ what: string; files: readonly string[] }> {
    const before = this.#failed ?? this.#serving;
    const changes = before && (await this.#changesSince(before, state, folder));
    if (changes === undefined || isEmpty(changes)) return { what: 'pushed', files: [] };
    return { what: describeChanges(changes), files: pathsIn(changes) };
  }

  async #changesSince(before: Version, { files, settings }: Version, folder: string): Promise<Changes> {
    const changes = await changesBetween(before.files, files, { folder, hashes: this.#hashes });
    const changed = differing(before.settings, settings).map((path) => basename(path));
    return { ...changes, changed: [...changed, ...changes.changed] };
  }
}

/** The keys under which two records have not the same. */
export function differing(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): string[] {
  return Object.keys({ ...one, ...other }).filter((key) => one[key] !== other[key]);
}
