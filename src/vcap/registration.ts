import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type Announcement, componentAnnounce, componentDiscover, uptimeText } from '#contract/discovery.ts';
import { rubyTime } from '#contract/primitives.ts';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import type { Log } from '#ground/log.ts';
import type { Metric } from './metrics-text.ts';
import { publicConfig } from './public-config.ts';
import { serveStatus } from './status-server.ts';

export interface RegistrationOptions {
  readonly type: 'CloudController' | 'DEA' | 'HealthManager' | 'Router' | 'Stager';
  /** Which of several of its kind; the uuid begins with it then. */
  readonly index?: number | null;
  /** 32 hexadecimal digits; made up when absent. Of a DEA it is the id in `dea.<id>.start`. */
  readonly uuid?: string;
  /** Where others reach the status listener. */
  readonly host?: string;
  /** Of the status listener; made up where absent. */
  readonly status?: {
    readonly port?: number | undefined;
    readonly user?: string | undefined;
    readonly password?: string | undefined;
  };
  /** What `/varz` says beside what all components say. */
  readonly varz?: () => object | Promise<object>;
  /** What `/metrics` tells. */
  readonly metrics?: () => readonly Metric[] | Promise<readonly Metric[]>;
  /** What the component was configured with, as `/varz` shows it: without secrets. */
  readonly config?: object;
}

export interface Registration {
  readonly uuid: string;
  readonly announcement: Announcement;
}

/**
 * Makes a component known as all of 2012 did: a status listener, an announcement now, and an answer to whoever asks which
 * components there are. `undo` owns all of it.
 * @throws ActionableError PORT_TAKEN
 */
export async function register(
  undo: AsyncDisposableStack,
  { bus, log }: { readonly bus: Bus; readonly log: Log },
  options: RegistrationOptions,
): Promise<Registration> {
  const { type, index = null, host = '127.0.0.1', status = {}, config = {} } = options;
  const startedAt = new Date();
  const [user, password] = [status.user ?? randomId(), status.password ?? randomId()];
  const uptime = () => uptimeText(Date.now() - startedAt.getTime());
  const load = new OwnLoad();
  const varz = async () => ({
    ...announcement,
    num_cores: availableParallelism(),
    config: publicConfig(config),
    ...(await options.varz?.()),
    uptime: uptime(),
    ...load.read(),
  });
  const listener = { host, port: status.port ?? 0, user, password, who: `The ${type}` };
  const port = await serveStatus(undo, { ...listener, varz, metrics: options.metrics, log });
  const uuid = options.uuid ?? `${index === null ? '' : `${index}-`}${randomId()}`;
  const announcement: Announcement = {
    type,
    index,
    uuid,
    host: `${host}:${port}`,
    credentials: [user, password],
    start: rubyTime(startedAt),
  };
  undo.use(bus.answer(componentDiscover, () => ({ ...announcement, uptime: uptime() })));
  bus.publish(componentAnnounce, announcement);
  return { uuid, announcement };
}

/** As components of 2012 made them. */
export function randomId(): string {
  return randomBytes(16).toString('hex');
}

/** Memory in KB and processor time in percent of this process: parts that share one say the same. */
class OwnLoad {
  #last = { at: process.hrtime.bigint(), usage: process.cpuUsage(), cpu: 0 };

  read(): { mem: number; cpu: number } {
    const [at, usage] = [process.hrtime.bigint(), process.cpuUsage()];
    const microseconds = Number(at - this.#last.at) / 1000;
    if (microseconds >= 1_000_000) {
      const used = usage.user + usage.system - this.#last.usage.user - this.#last.usage.system;
      this.#last = { at, usage, cpu: Math.round((used / microseconds) * 1000) / 10 };
    }
    return { mem: Math.round(process.memoryUsage.rss() / 1024), cpu: this.#last.cpu };
  }
}
