import type { Log } from '#ground/log.ts';
import type { Isolated, IsolationSettings, NotIsolated } from '#workload/sandbox/index.ts';

/** What scripts of tasks are kept in: found out when the first of them is to run, and said once. */
export class StagingIsolation {
  readonly #settings: IsolationSettings;
  readonly #log: Log;
  #found: Promise<Isolated | NotIsolated> | undefined;

  constructor(settings: IsolationSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  /** Whether it has to be known before the stager takes any task. */
  get isRequired(): boolean {
    return this.#settings.requireIsolation > 0;
  }

  /** @throws ActionableError NOT_ISOLATED when there is less than is required */
  find(): Promise<Isolated | NotIsolated> {
    this.#found ??= this.#find();
    return this.#found;
  }

  async #find(): Promise<Isolated | NotIsolated> {
    const { isolationFor } = await import('#workload/sandbox/index.ts');
    const found = await isolationFor(this.#settings);
    if (found.level === 2) this.#log.info('staging is isolated', { level: found.level, by: found.by });
    else if (this.#settings.isolation === 'none') this.#log.info('staging is not isolated', { reason: found.reason });
    else this.#log.warn('staging is not isolated', { level: 0, reason: found.reason, remedy: found.remedy });
    return found;
  }
}
