import { randomUUID } from 'node:crypto';
import type { BuilderResult, StagingReply, StagingRequest } from '#contract/staging.ts';
import type { BuildRecord, DropletRecord } from '../records.ts';
import type { HeldBlob } from './blobs.ts';

type Found = Pick<
  DropletRecord,
  'framework' | 'runtime' | 'startCommand' | 'runtimeConstraint' | 'buildpacks' | 'processTypes' | 'sidecars'
>;

/** What a stager brought, and what is in it. */
export interface StagedDroplet {
  readonly blob: HeldBlob;
  readonly found: Found;
}

export function dropletRecordOf(build: BuildRecord, { blob, found }: StagedDroplet): DropletRecord {
  const { sha256, sha1, sizeBytes } = blob;
  const now = new Date().toISOString();
  return {
    guid: randomUUID(),
    createdAt: now,
    updatedAt: now,
    app: build.app,
    package: build.package,
    state: 'STAGED',
    sha256,
    sha1,
    sizeBytes,
    ...found,
  };
}

/** What a stager says it found. One of 2012 says nothing: it took what the request names, so that is what a DEA needs. */
export function foundBy(
  { framework, runtime, start_command, runtime_constraint, result }: StagingReply,
  {
    properties: { framework_info, runtime_info },
    lifecycle_data,
  }: Pick<StagingRequest, 'properties' | 'lifecycle_data'>,
): Found {
  const constraint = runtime_constraint ? { runtimeConstraint: runtime_constraint } : {};
  if (result) {
    return {
      ...madeBy(result, lifecycle_data?.buildpacks ?? []),
      framework: null,
      runtime: runtime ?? null,
      startCommand: start_command ?? null,
      ...constraint,
    };
  }
  const asked = nameIn(framework_info.name);
  // What a command needs nobody knows.
  const usual = asked === 'standalone' ? null : defaultRuntimeOf(framework_info.runtimes);
  return {
    framework: framework ?? asked,
    runtime: runtime ?? nameIn(runtime_info.name) ?? usual,
    startCommand: start_command ?? null,
    ...constraint,
  };
}

function madeBy(
  { lifecycle_metadata, process_types, sidecars }: BuilderResult,
  asked: readonly { readonly key: string; readonly name: string }[],
) {
  const { buildpacks = [] } = lifecycle_metadata;
  const chosenName = (key: string) => asked.find((each) => each.key === key && each.name !== 'custom')?.name ?? key;
  const beside = (sidecars ?? []).map(({ name, command, process_types: processTypes, memory }) => {
    return { name, command, processTypes, memoryMb: memory ?? null };
  });
  return {
    buildpacks: buildpacks.map(({ key, name, version }) => {
      return { chosen: chosenName(key), name, version: version ?? null };
    }),
    processTypes: process_types ?? {},
    ...(beside.length === 0 ? {} : { sidecars: beside }),
  };
}

function nameIn(name: string | undefined): string | null {
  return name === undefined || name === 'auto' || name === '' ? null : name;
}

/** Of a manifest's list: `[{ ruby18: { default: true } }, …]`. */
function defaultRuntimeOf(runtimes: unknown): string | null {
  if (!Array.isArray(runtimes)) return null;
  const entries = runtimes.flatMap((each) => Object.entries<{ default?: boolean } | null>(each ?? {}));
  return entries.find(([, facts]) => facts?.default === true)?.[0] ?? null;
}
