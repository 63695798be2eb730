import { rm } from 'node:fs/promises';
import { type CloudControllerOptions, cloudController } from '#components/cloud-controller/index.ts';
import { type RouterStart, routerGreet, routerStart } from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { ComponentContext } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { ensureDirectory, replaceFile } from '#ground/files.ts';
import { call } from '#ground/http-client.ts';
import { identityOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { type Home, type PartsRecord, readPartsRecord } from './home.ts';
import { logInCommandLine } from './login.ts';
import type { Part } from './start-all.ts';
import { urlOf } from './url-of.ts';

/** How long a route may take from the bus into a router. */
const routeLimitMs = 10_000;
const greetLimitMs = 1_000;

export interface CommandLinePlace {
  readonly home: Home;
  /** Where a router answers that does not say so itself: `http://host:port`. */
  readonly routerUrl: string | undefined;
}

/** A cloud controller alone, which has the command line of a home logged in as soon as a router leads to it. */
export function loneCloudController(options: CloudControllerOptions, place: CommandLinePlace): Part {
  return {
    name: cloudController.name,
    async start(context) {
      await using undo = new AsyncDisposableStack();
      const running = undo.use(await cloudController.start(context, options));
      const introduction = undo.use(new Introduction(context, options, place));
      undo.use(context.bus.subscribe(routerStart, (start) => introduction.to(start)));
      void context.bus.ask(routerGreet, null, { limitMs: greetLimitMs }).then(
        (start) => introduction.to(start),
        () => introduction.to({}), // there is none yet, or one of 2012, which knows no such question
      );
      const resources = undo.move();
      return { failure: running.failure, [Symbol.asyncDispose]: () => resources.disposeAsync() };
    },
  };
}

/** Tells the command line of a home where this cloud controller is reached; disposing takes that back. */
class Introduction implements AsyncDisposable {
  readonly #context: ComponentContext;
  readonly #options: CloudControllerOptions;
  readonly #place: CommandLinePlace;
  readonly #stop = new AbortController();
  /** The router that leads to us, or is being tried. */
  #url: string | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(context: ComponentContext, options: CloudControllerOptions, place: CommandLinePlace) {
    this.#context = context;
    this.#options = options;
    this.#place = place;
  }

  /** A router was heard. */
  to({ hosts: [host] = [], port }: Pick<RouterStart, 'hosts' | 'port'>): void {
    // Routers of others do not tell their port.
    const heard = host === undefined || port === undefined ? undefined : urlOf({ host, port });
    const url = this.#place.routerUrl ?? heard;
    if (url === undefined || url === this.#url || this.#stop.signal.aborted) return;
    this.#url = url;
    this.#work = this.#work
      .then(() => this.#introduce(url))
      .catch((error: unknown) => {
        if (this.#url === url) this.#url = undefined; // when it is heard again, it is tried again
        if (this.#stop.signal.aborted) return;
        this.#context.log.warn('command line not logged in', { router: url, error: messageOf(error) });
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('The cloud controller stops.'));
    await this.#work;
    const { home } = this.#place;
    if ((await readPartsRecord(home))?.pid === process.pid) await rm(home.partsFile, { force: true });
  }

  async #introduce(url: string): Promise<void> {
    const { dataDir, log } = this.#context;
    const { domain, version } = this.#options;
    const { home } = this.#place;
    const { signal } = this.#stop;
    const isReached = async () => {
      const answer = await call(`${url}/v3`, { signal, headers: { host: `api.${domain}` } }).catch(() => undefined);
      answer?.discard();
      return answer?.status === 200 ? (true as const) : undefined;
    };
    await waitFor(`the API to answer through ${url}`, isReached, { limitMs: routeLimitMs, everyMs: 50, signal });
    await logInCommandLine({ directory: dataDir, file: home.partsLoginFile, url, host: `uaa.${domain}` }, log);
    const self = (await identityOf(process.pid)) ?? { pid: process.pid, startedAt: '' };
    const record: PartsRecord = { ...self, url, domain, version };
    await ensureDirectory(home.directoryOf('run'));
    await replaceFile(home.partsFile, `${JSON.stringify(record, null, 2)}\n`);
    log.info('command line logged in', { api: url, home: home.path });
  }
}
