import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { StartRequest } from '#contract/dea.ts';
import { familyOf } from '#contract/runtimes.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { sleep } from '#ground/wait.ts';
import { type InstanceRecord, needsPort } from '../instance-record.ts';
import { planLaunch } from '../launch-plan.ts';
import { makeRunnable, runtimeToken, unpackDroplet } from '../prepare-directory.ts';
import { killAll } from '../remove-strays.ts';
import { directoryOf, type Tools } from '../tools.ts';
import { mayPreBoot } from './may-pre-boot.ts';
import type { NodeProbe } from './node-probe.ts';
import { PreBoot } from './pre-boot.ts';

/** What the next instance of an app will be. */
export interface Standby {
  readonly place: Pick<InstanceRecord, 'id' | 'directory' | 'port'>;
  readonly preBoot: PreBoot | undefined;
}

export interface Making {
  readonly tools: Tools;
  readonly signal: AbortSignal;
  /** Whether there is memory for a program that waits. */
  readonly hasMemory: () => boolean;
  readonly probe: NodeProbe;
}

/** A droplet is read in pieces of this size, with a pause after each: nobody waits for it. */
const pieceBytes = 32 * 1024;
const pauseMs = 2;

/**
 * Prepares what the next start like this one needs: the droplet, unpacked in a directory that has the name and id of the
 * next instance, its port, and where that can be its process. No layer is in it, and nothing that the app wrote.
 * @param planned the record that such a start would have now
 * @throws ActionableError; the signal's reason. Then nothing is left
 */
export async function makeStandby(planned: InstanceRecord, request: StartRequest, making: Making): Promise<Standby> {
  const { tools, signal } = making;
  const record = { ...planned, port: needsPort(planned) ? await tools.ports.take() : null };
  const unready = { place: placeOf(record), preBoot: undefined };
  const directory = directoryOf(record, tools.places);
  const maxBytes = record.diskMb * 1024 * 1024;
  try {
    await tools.layers.load(); // the next start will bring one
    const unpack = (archive: string) =>
      unpackDroplet(Readable.from(slowly(archive), { objectMode: false }), directory, maxBytes, signal);
    await tools.droplets.use(request, unpack, signal);
    return { ...unready, preBoot: await preBootOf(record, request, making) };
  } catch (error) {
    await removeStandby(unready, tools);
    throw error;
  }
}

function placeOf({ id, directory, port }: InstanceRecord): Standby['place'] {
  return { id, directory, port };
}

/** Only for one that no instance has become. */
export async function removeStandby({ place, preBoot }: Standby, { places, ports }: Tools): Promise<void> {
  await preBoot?.discard();
  await removeTree(join(places.instances, place.directory));
  if (place.port !== null) ports.release(place.port);
}

/** What two starts must have in common for one to be prepared for the other. */
export function kindOf(record: InstanceRecord, request: StartRequest): string {
  const { name, sha1, runtime_info } = request;
  return JSON.stringify([name, sha1, runtime_info, record.diskMb, record.fds, needsPort(record), isPlain(request)]);
}

/** Whether nothing but the app itself runs, in its own way. */
function isPlain({ start_command, sidecars, cron, debug, console }: StartRequest): boolean {
  return !start_command && !sidecars?.length && !cron?.length && !debug && !console;
}

/** The app's own process. For what cannot be started ahead, or not for sure, there is none. */
async function preBootOf(
  record: InstanceRecord,
  request: StartRequest,
  { tools, signal, hasMemory, probe }: Making,
): Promise<PreBoot | undefined> {
  const directory = directoryOf(record, tools.places);
  if (!isPlain(request) || familyOf(request.runtime_info.name ?? '') !== 'node') return undefined;
  const plan = await planLaunch(record, request, tools);
  const startup = await readFile(join(directory, 'startup'), 'utf8').catch(() => '');
  const word = mayPreBoot({ startup, env: plan.env });
  const program = word === runtimeToken ? plan.program : word;
  if (program === undefined || !hasMemory()) return undefined;
  if (!(await probe.canHoldUp({ program, directory: join(directory, 'app'), env: plan.env }))) return undefined;
  makeRunnable(directory, plan.program);
  signal.throwIfAborted();
  const { id, port, fds } = record;
  const launch = { directory, env: plan.env, port, fds };
  const killRest = () => killAll(id, directory, tools);
  const beginning = { launch, program: plan.program, scripts: tools.places.preBoot, killRest };
  const preBoot = await PreBoot.begin(beginning, signal);
  if (signal.aborted) await preBoot?.discard();
  signal.throwIfAborted();
  return preBoot;
}

async function* slowly(path: string): AsyncGenerator<Uint8Array> {
  for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) {
    yield piece as Uint8Array; // no encoding is set
    await sleep(pauseMs);
  }
}
