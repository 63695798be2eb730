import { V1Error } from '#contract/api/v1.ts';
import { familyOf, type RuntimeFamily } from '#contract/runtimes.ts';
import { ActionableError } from '#ground/errors.ts';
import type { StackFiles } from '#workload/lifecycle/stack-files.ts';

/** Runs the command it is given. */
export const standalone = 'standalone';

/** What `stacks/` says now. @throws V1Error 111 when somebody edited it and made a mistake */
export async function readCatalog(): Promise<Catalog> {
  // With a reader of YAML, which nobody else here needs.
  const { shippedStackFiles } = await import('#workload/lifecycle/stack-files.ts');
  try {
    return new Catalog(await shippedStackFiles());
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    throw new V1Error('system', `${error.message} ${error.remedy}`, { cause: error });
  }
}

/** Frameworks and runtimes by the names of 2012. */
export class Catalog {
  readonly #runtimes: StackFiles['runtimes'];
  /** By framework, the default first. */
  readonly #runtimesOf: ReadonlyMap<string, readonly string[]>;
  readonly #frameworks: StackFiles['frameworks'];

  constructor({ frameworks, runtimes }: StackFiles) {
    this.#runtimes = runtimes;
    this.#frameworks = frameworks;
    this.#runtimesOf = new Map(
      frameworks.map(({ name, runtimes: listed }) => {
        const defaultFirst = [...listed].sort((one, other) => Number(other.isDefault) - Number(one.isDefault));
        return [name, defaultFirst.map((each) => each.name)];
      }),
    );
  }

  /** `frameworks` of `GET /info`. */
  frameworksView(): object {
    return Object.fromEntries(
      this.#frameworks.map(({ name, detection }) => {
        const runtimes = (this.#runtimesOf.get(name) ?? []).map((each) => ({ name: each, ...this.#factsOf(each) }));
        return [name, { name, runtimes, detection }];
      }),
    );
  }

  /** `GET /info/runtimes`. */
  runtimesView(): object {
    return Object.fromEntries(
      [...this.#runtimes.keys()].map((name) => {
        const { version, description } = this.#factsOf(name);
        const text = `${description}: what this machine has of it runs the app`;
        return [name, { version, description: text, debug_modes: null }];
      }),
    );
  }

  /** The runtime that apps of a framework had when nobody named one. */
  defaultRuntimeOf(framework: string): string | undefined {
    return framework === standalone ? undefined : this.#runtimesOf.get(framework)?.[0];
  }

  /** @throws V1Error 308 */
  checkFramework(name: string): void {
    if (this.#runtimesOf.has(name)) return;
    const known = [...this.#runtimesOf.keys()].join(', ');
    throw new V1Error('frameworkInvalid', `There is no framework '${name}'. Known are ${known}.`);
  }

  /** Any version of what runs the framework will do. @throws V1Error 307 */
  checkRuntime(name: string, framework: string | undefined): void {
    const names = framework === undefined ? [] : (this.#runtimesOf.get(framework) ?? []);
    const allowed = names.length > 0 ? names : [...this.#runtimes.keys()];
    const families = new Set<RuntimeFamily | undefined>(allowed.map(familyOf));
    const family = familyOf(name);
    if (allowed.includes(name) || (family !== undefined && families.has(family))) return;
    const of = framework === undefined ? '' : ` of '${framework}'`;
    throw new V1Error('runtimeInvalid', `'${name}' is no runtime${of}. Known are ${allowed.join(', ')}.`);
  }

  #factsOf(runtime: string): { version: string; description: string } {
    const { version = '', description } = this.#runtimes.get(runtime) ?? {};
    return { version, description: description ?? runtime };
  }
}
