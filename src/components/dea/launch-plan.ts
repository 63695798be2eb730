import { dirname } from 'node:path';
import type { StartRequest } from '#contract/dea.ts';
import { ActionableError } from '#ground/errors.ts';
import { provideOwnNode } from '#packaging/own-node.ts';
import { environmentOf } from './environment.ts';
import { fitRuntime } from './fit-runtime.ts';
import type { InstanceRecord } from './instance-record.ts';
import { directoryOf, type Tools } from './tools.ts';

/** With what an instance runs. */
export interface LaunchPlan {
  /** The runtime, as it was found on this machine. */
  readonly found: string | undefined;
  /** What is run for it: the same, but where that is our own node. */
  readonly program: string | undefined;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @param record has its port
 * @throws ActionableError PROGRAM_NOT_FOUND, BAD_INPUT
 */
export async function planLaunch(record: InstanceRecord, request: StartRequest, tools: Tools): Promise<LaunchPlan> {
  const runtime = await fitRuntime(request.runtime_info, tools);
  if (!runtime.ok) {
    throw new ActionableError('PROGRAM_NOT_FOUND', `The app ${runtime.reason}.`, 'Then start the app again.');
  }
  if (tools.options.strictRuntimes) {
    const why = await tools.versions.whyUnfit(runtime.program, request.runtime_info);
    if (why !== undefined) throw new ActionableError('PROGRAM_NOT_FOUND', `The app ${why}.`, 'Name another runtime.');
  }
  const program = runtime.program && (await provideOwnNode(runtime.program, process.env));
  const path = await tools.appPath();
  const env = environmentOf(record, request, {
    directory: directoryOf(record, tools.places),
    path: runtime.goesFirst === true && program ? `${dirname(program)}:${path}` : path,
    host: tools.options.host,
  });
  return { found: runtime.program, program, env };
}
