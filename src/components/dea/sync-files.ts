import type { Synced, SyncRequest } from '#contract/dea.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { inWords } from './explain-exit.ts';
import { isMeant } from './find-instance.ts';
import type { InstanceRecord } from './instance-record.ts';
import type { LayerContents } from './layer/read-layer.ts';
import type { StagedLayer } from './layer/stage-layer.ts';
import { directoryOf, type Tools } from './tools.ts';

/** What the DEA, and what it started, use while an instance runs. */
const inUse: readonly string[] = [
  'startup',
  'stop',
  'run.pid',
  'exit_status',
  'sidecar_exit',
  'cron_turn',
  'logs',
  'tmp',
];

type Reply = Omit<Synced, 'dea'>;

/** Brings new files to instances that run, one after the other: the order in which versions come is kept. */
export class FileSync implements AsyncDisposable {
  readonly #tools: Tools;
  readonly #records: () => readonly InstanceRecord[];
  #last: Promise<unknown> = Promise.resolve();

  /** @param records of all instances */
  constructor(tools: Tools, records: () => readonly InstanceRecord[]) {
    this.#tools = tools;
    this.#records = records;
  }

  /** @param signal ends it between two instances, and while a layer is fetched @returns how each instance fared */
  sync(request: SyncRequest, signal: AbortSignal): Promise<Reply[]> {
    const done = this.#last.then(async () => {
      const replies: Reply[] = [];
      for (const record of this.#records()) {
        if (isMeant(record, request) && isLaunched(record)) replies.push(await this.#syncOne(record, request, signal));
      }
      return replies;
    });
    this.#last = done;
    return done;
  }

  /** Resolves when nothing is under way any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
  }

  async #syncOne(record: InstanceRecord, request: SyncRequest, signal: AbortSignal): Promise<Reply> {
    const { id: instance, index, app } = record;
    try {
      return { instance, index, files: await syncFiles(record, request, this.#tools, signal) };
    } catch (error) {
      this.#tools.log.info('files not synced', { app, index, instance, error: messageOf(error) });
      return { instance, index, error: inWords(error) };
    }
  }
}

/** Whether its files are there, and its process uses them. */
function isLaunched({ life: { phase } }: InstanceRecord): boolean {
  return phase === 'STARTING' || phase === 'RUNNING';
}

/**
 * Lays a layer over the files of an instance. A bad layer has changed nothing.
 * @returns how many files and links were put there or removed
 * @throws ActionableError START_FAILED, BAD_INPUT, DISK_FULL; the signal's reason
 */
async function syncFiles(
  record: InstanceRecord,
  { layer: source }: SyncRequest,
  { layers, places }: Tools,
  signal: AbortSignal,
): Promise<number> {
  const lay = async (layer: StagedLayer) => {
    refuseWhatIsInUse(layer.contents);
    return layer.applyTo(directoryOf(record, places));
  };
  return layers.use(source, record.diskMb * 1024 * 1024, lay, signal);
}

function refuseWhatIsInUse({ members, removed, opaque }: LayerContents): void {
  const first = (path: string) => path.split('/')[0] ?? '';
  const found = [...members.keys(), ...removed, ...opaque].find((path) => path === '' || inUse.includes(first(path)));
  if (found === undefined) return;
  throw new ActionableError(
    'BAD_INPUT',
    `The layer's entry '${found}' is in use while the app runs.`,
    'Restart the app with it instead.',
  );
}
