import { dirname } from 'node:path';
import type { StartRequest } from '#contract/dea.ts';
import type { Child } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { provideOwnNode } from '#packaging/own-node.ts';
import { environmentOf } from './environment.ts';
import { fitRuntime } from './fit-runtime.ts';
import type { InstanceRecord } from './instance-record.ts';
import type { StagedLayer } from './layer/stage-layer.ts';
import { makeRunnable, unpackDroplet } from './prepare-directory.ts';
import { sidecarsOf } from './sidecars.ts';
import { startInstance } from './start-instance.ts';
import { takeOtherCommands } from './take-other-commands.ts';
import { directoryOf, type Tools } from './tools.ts';

/**
 * From a start request to a running process: droplet, files, environment, launch.
 * @param record has its port
 * @throws ActionableError when the app cannot be started; the signal's reason
 */
export async function bringUp(
  record: InstanceRecord,
  request: StartRequest,
  tools: Tools,
  signal: AbortSignal,
): Promise<Child> {
  const runtime = await fitRuntime(request.runtime_info, tools);
  if (!runtime.ok) {
    throw new ActionableError('PROGRAM_NOT_FOUND', `The app ${runtime.reason}.`, 'Then start the app again.');
  }
  if (tools.options.strictRuntimes) {
    const why = await tools.versions.whyUnfit(runtime.program, request.runtime_info);
    if (why !== undefined) throw new ActionableError('PROGRAM_NOT_FOUND', `The app ${why}.`, 'Name another runtime.');
  } else {
    remarkVersion(record, runtime.program, request, tools).catch(() => {}); // the platform stops meanwhile
  }
  const directory = directoryOf(record, tools.places);
  const { host } = tools.options;
  const program = runtime.program && (await provideOwnNode(runtime.program, process.env));
  const path = await tools.appPath();
  const env = environmentOf(record, request, {
    directory,
    path: runtime.goesFirst === true && program ? `${dirname(program)}:${path}` : path,
    host,
  });
  const maxBytes = record.diskMb * 1024 * 1024;
  await using layer = await layerOf(request, maxBytes, tools, signal);
  await tools.droplets.use(request, (archive) => unpackDroplet(archive, directory, maxBytes), signal);
  await layer?.applyTo(directory);
  await makeRunnable(directory, program);
  if (request.start_command) await takeOtherCommands(directory);
  signal.throwIfAborted();
  return startInstance({ directory, env, port: record.port, fds: record.fds, sidecars: sidecarsOf(request) });
}

/** What is laid over the droplet. Loaded when there is something: most apps are not being watched. */
async function layerOf(
  { layer }: StartRequest,
  maxBytes: number,
  { options, places }: Tools,
  signal: AbortSignal,
): Promise<StagedLayer | undefined> {
  if (!layer) return undefined;
  const { stageLayer } = await import('./layer/stage-layer.ts');
  const place = { directory: places.layers, usesLocalFiles: !options.forceHttpSharing };
  return stageLayer(layer, place, maxBytes, signal);
}

/** Any version of a runtime runs the app, and where it is another one than it asks for, that is said. */
async function remarkVersion(
  record: InstanceRecord,
  program: string | undefined,
  { runtime_info: asked }: StartRequest,
  { announcer, log, versions }: Tools,
): Promise<void> {
  const found = await versions.otherVersion(program, asked);
  if (found === undefined) return;
  announcer.tell(record, `This app asks for '${asked.version_output}' (${asked.name}) and runs on '${found}' here.`);
  if (versions.isNews(program, asked)) {
    log.warn('runtime of another version', { runtime: asked.name, asked: asked.version_output, found, program });
  }
}
