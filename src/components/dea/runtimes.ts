import { accessSync, constants, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { familyOf, installHintOf, type RuntimeFamily, type RuntimeInfo, runtimeFamilies } from '#contract/runtimes.ts';

/** Programs of each family, the better first. */
const programsOf: Readonly<Record<RuntimeFamily, readonly string[]>> = {
  ruby: ['ruby'],
  node: ['node', 'nodejs'],
  python: ['python3', 'python'],
  php: ['php'],
  java: ['java'],
};

export interface RuntimePlaces {
  /** A PATH. */
  readonly path: string;
  readonly userHome?: string | undefined;
  /** Where programs are looked for when the PATH does not have them. */
  readonly programDirectories: readonly string[];
  /** The node for when there is none in the PATH; empty for none. */
  readonly nodeProgram: string;
}

/** What an app's runtime came to: a program (or none, where the app needs none), or why there is none. */
export type RuntimeChoice =
  | { readonly ok: true; readonly program: string | undefined }
  | { readonly ok: false; readonly reason: string };

/**
 * The runtimes of this machine, found by looking for their files: nothing is run. Any version will do, since the names
 * of 2012 (`ruby18`, `node08`) stand for versions nobody can install today.
 */
export class Runtimes {
  readonly #directories: readonly string[];
  readonly #nodeProgram: string;
  readonly #found = new Map<string, string>();

  constructor({ path, userHome, nodeProgram, programDirectories }: RuntimePlaces) {
    const own = userHome === undefined ? [] : [join(userHome, '.local/bin')];
    const all = [...path.split(':').filter((directory) => isAbsolute(directory)), ...programDirectories, ...own];
    this.#directories = [...new Set(all)];
    this.#nodeProgram = nodeProgram;
  }

  /** The families this machine has. */
  families(): RuntimeFamily[] {
    return runtimeFamilies.filter((family) => this.programOf(family) !== undefined);
  }

  /** The program of a family, an absolute path. */
  programOf(family: RuntimeFamily): string | undefined {
    for (const name of programsOf[family]) {
      const program = this.find(name);
      if (program !== undefined) return program;
    }
    return family === 'node' && this.#nodeProgram !== '' ? this.#nodeProgram : undefined;
  }

  /** A program by its name, an absolute path. What was found is remembered for as long as it is there. */
  find(name: string): string | undefined {
    const known = this.#found.get(name);
    if (known !== undefined && isProgram(known)) return known;
    const program = this.#directories.map((directory) => join(directory, name)).find(isProgram);
    if (program === undefined) this.#found.delete(name);
    else this.#found.set(name, program);
    return program;
  }

  /** The program for an app. */
  choose({ name = '', executable }: RuntimeInfo): RuntimeChoice {
    if (name === '') return { ok: true, program: undefined };
    if (executable && isAbsolute(executable) && isProgram(executable)) return { ok: true, program: executable };
    const family = familyOf(name) ?? familyOf(basename(executable ?? ''));
    const program = family === undefined ? this.find(basename(executable || name)) : this.programOf(family);
    if (program !== undefined) return { ok: true, program };
    const hint = family === undefined ? `install \`${executable || name}\`` : installHintOf(family);
    return { ok: false, reason: `needs ${family ?? name}, which is not on this machine: ${hint}` };
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for us
  }
}
