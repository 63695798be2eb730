import type { StartRequest } from '#contract/dea.ts';
import type { Child } from '#ground/child.ts';
import { tellTurn, turnAtStart } from './cron-turn.ts';
import type { InstanceRecord } from './instance-record.ts';
import { type LaunchPlan, planLaunch } from './launch-plan.ts';
import type { StagedLayer } from './layer/stage-layer.ts';
import { makeRunnable, unpackDroplet } from './prepare-directory.ts';
import { sidecarsOf } from './sidecars.ts';
import type { Standby } from './standby/standby.ts';
import { startInstance } from './start-instance.ts';
import { takeOtherCommands } from './take-other-commands.ts';
import { directoryOf, type Tools } from './tools.ts';

export interface Surroundings {
  readonly tools: Tools;
  /** Ends what is under way, with its reason. */
  readonly signal: AbortSignal;
  /** The instance's directory, prepared before. */
  readonly standby?: Standby | undefined;
}

/**
 * From a start request to a running process: droplet, files, environment, launch.
 * @param record has its port
 * @throws ActionableError when the app cannot be started; the signal's reason
 */
export async function bringUp(record: InstanceRecord, request: StartRequest, around: Surroundings): Promise<Child> {
  try {
    return await prepareAndLaunch(record, request, around);
  } catch (error) {
    await around.standby?.preBoot?.discard();
    throw error;
  }
}

async function prepareAndLaunch(record: InstanceRecord, request: StartRequest, around: Surroundings): Promise<Child> {
  const { tools, signal } = around;
  const plan = await planLaunch(record, request, tools);
  if (!tools.options.strictRuntimes) {
    remarkVersion(record, plan.found, request, tools).catch(() => {}); // the platform stops meanwhile
  }
  const launch = (layer?: StagedLayer) => launchWith(plan, layer, record, request, around);
  return request.layer ? tools.layers.use(request.layer, maxBytesOf(record), launch, signal) : launch();
}

async function launchWith(
  plan: LaunchPlan,
  layer: StagedLayer | undefined,
  record: InstanceRecord,
  request: StartRequest,
  { tools, signal, standby }: Surroundings,
): Promise<Child> {
  const directory = directoryOf(record, tools.places);
  const ahead = standby?.preBoot?.fits(plan, layer?.contents) ? standby.preBoot : undefined;
  if (ahead === undefined) await standby?.preBoot?.discard();
  if (standby === undefined) {
    await tools.droplets.use(request, (archive) => unpackDroplet(archive, directory, maxBytesOf(record)), signal);
  }
  await layer?.applyTo(directory);
  if (ahead === undefined) {
    makeRunnable(directory, plan.program);
    if (request.start_command) await takeOtherCommands(directory);
  }
  signal.throwIfAborted();
  if (ahead !== undefined) return ahead.release(plan.env);
  const { port, fds } = record;
  const turn = turnAtStart(request);
  if (turn !== null) tellTurn(directory, turn);
  return startInstance({ directory, env: plan.env, port, fds, sidecars: sidecarsOf(request, directory) });
}

function maxBytesOf({ diskMb }: InstanceRecord): number {
  return diskMb * 1024 * 1024;
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
