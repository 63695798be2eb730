import { basename, isAbsolute, join } from 'node:path';
import { familyOf, installHintOf, type RuntimeFamily, type RuntimeInfo, runtimeFamilies } from '#contract/runtimes.ts';
import { isProgram } from '#ground/programs.ts';
import { isShim, programsOf, type SearchPlaces, searchDirectories } from '#workload/runtimes/programs.ts';

export interface RuntimePlaces extends SearchPlaces {
  /** The node for when there is none in the PATH; empty for none. */
  readonly nodeProgram: string;
  /** Names of the runtimes apps may ask for; everything there is when absent. */
  readonly runtimes?: readonly string[] | null | undefined;
  /** Whether an app gets the very program it asks for, or none. */
  readonly strictRuntimes?: boolean | undefined;
}

/**
 * What an app's runtime came to: a program (or none, where the app needs none), or why there is none. A makeshift program
 * is our own node, or one that only hands over to another; with one, and when one is missing, it pays to look further.
 */
export type RuntimeChoice =
  | { readonly ok: true; readonly program: string | undefined; readonly isMakeshift?: boolean }
  | { readonly ok: false; readonly reason: string; readonly isMissing?: boolean };

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
  readonly #elsewhere = new Set<RuntimeFamily>();

  constructor(places: RuntimePlaces) {
    const { nodeProgram, runtimes, strictRuntimes } = places;
    this.#directories = searchDirectories(places);
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
    return runtimeFamilies.filter((family) => this.#elsewhere.has(family) || this.programOf(family) !== undefined);
  }

  /** Notes that a family is there, though not in the PATH: it is advertised from now on. */
  foundElsewhere(family: RuntimeFamily): void {
    this.#elsewhere.add(family);
  }

  /** The program of a family, an absolute path. */
  programOf(family: RuntimeFamily): string | undefined {
    return this.#installed(family) ?? (family === 'node' && this.#nodeProgram !== '' ? this.#nodeProgram : undefined);
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
    if (family !== undefined) return this.#chooseOf(family);
    const wanted = executable || name;
    const program = this.find(basename(wanted));
    if (program !== undefined) return { ok: true, program };
    return { ok: false, reason: `needs ${name}, which is not on this machine: install \`${wanted}\``, isMissing: true };
  }

  #chooseOf(family: RuntimeFamily): RuntimeChoice {
    const program = this.programOf(family);
    if (program === undefined) {
      const reason = `needs ${family}, which is not on this machine: ${installHintOf(family)}`;
      return { ok: false, reason, isMissing: true };
    }
    const isMakeshift = isShim(program) || this.#installed(family) === undefined;
    return isMakeshift ? { ok: true, program, isMakeshift } : { ok: true, program };
  }

  /** Without our own. */
  #installed(family: RuntimeFamily): string | undefined {
    for (const name of programsOf[family]) {
      const program = this.find(name);
      if (program !== undefined) return program;
    }
    return undefined;
  }
}
