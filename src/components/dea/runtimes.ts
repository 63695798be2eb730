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
  /** Names of the runtimes apps may ask for; everything there is when absent. */
  readonly runtimes?: readonly string[] | null | undefined;
  /** Whether an app gets the very program it asks for, or none. */
  readonly strictRuntimes?: boolean | undefined;
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
  readonly #allowed: readonly string[] | null;
  readonly #isStrict: boolean;
  readonly #found = new Map<string, string>();

  constructor({ path, userHome, nodeProgram, programDirectories, runtimes, strictRuntimes }: RuntimePlaces) {
    const own = userHome === undefined ? [] : [join(userHome, '.local/bin')];
    const all = [...path.split(':').filter((directory) => isAbsolute(directory)), ...programDirectories, ...own];
    this.#directories = [...new Set(all)];
    this.#nodeProgram = nodeProgram;
    this.#allowed = runtimes ?? null;
    this.#isStrict = strictRuntimes ?? false;
  }

  /** What is advertised: the names it was configured with, or what this machine has. */
  names(): readonly string[] {
    return this.#allowed ?? this.families();
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
  choose(info: RuntimeInfo): RuntimeChoice {
    const { name = '' } = info;
    if (name === '') return { ok: true, program: undefined };
    if (!this.#isAllowed(name)) {
      const known = this.#allowed?.join(', ') || 'none';
      return {
        ok: false,
        reason: `needs the runtime ${name}, for which this DEA is not configured (it has: ${known})`,
      };
    }
    return this.#isStrict ? this.#chooseExactly(name, info) : this.#chooseAny(name, info);
  }

  /** Any version of a runtime will do, unless exactly those are wanted that are named. */
  #isAllowed(name: string): boolean {
    if (this.#allowed === null || this.#allowed.includes(name)) return true;
    const family = familyOf(name);
    return !this.#isStrict && family !== undefined && this.#allowed.some((allowed) => familyOf(allowed) === family);
  }

  #chooseExactly(name: string, { executable }: RuntimeInfo): RuntimeChoice {
    if (!executable) return { ok: false, reason: `needs the runtime ${name}, and does not say which program that is` };
    const found = isAbsolute(executable) ? executable : this.find(executable);
    if (found !== undefined && isProgram(found)) return { ok: true, program: found };
    return { ok: false, reason: `needs ${executable}, which is not on this machine: install it` };
  }

  #chooseAny(name: string, { executable }: RuntimeInfo): RuntimeChoice {
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
