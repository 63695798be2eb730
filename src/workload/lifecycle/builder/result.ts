import { goJson } from '../go-text.ts';
import type { LaunchProcess, StagedProcess, StagedSidecar } from './processes.ts';
import type { RuntimeConstraint } from './release.ts';

/** A buildpack as the result names it. */
export interface StagedBuildpack {
  readonly key: string;
  /** From its config.yml, else what its `detect` printed; empty when neither was asked. */
  readonly name: string;
  readonly version: string;
  /** Absent when its config.yml has none. */
  readonly config?: { readonly entrypointPrefix: string };
  readonly outputMetadata?: Readonly<Record<string, unknown>>;
}

/** What came of a build: the contents of result.json and staging_info.yml, and what else the buildpacks said. */
export interface Staged {
  /** Of the last buildpack. */
  readonly buildpackKey: string;
  readonly detectedBuildpack: string;
  readonly buildpacks: readonly StagedBuildpack[];
  readonly processes: readonly StagedProcess[];
  readonly sidecars: readonly StagedSidecar[];
  /** Of the process `web`; empty when there is none. */
  readonly startCommand: string;
  /** Put before the start command; empty for the usual shell. */
  readonly entrypointPrefix: string;
  /** Which runtime of the machine a buildpack chose. */
  readonly runtime: RuntimeConstraint | undefined;
  /** Defaults for variables of the app; profile.d sets them, too. Empty when strict. */
  readonly configVars: Readonly<Record<string, string>>;
}

export interface SaidByBuildpacks {
  readonly runtime: RuntimeConstraint | undefined;
  readonly configVars: Readonly<Record<string, string>>;
}

export function stagedFrom(
  buildpacks: readonly StagedBuildpack[],
  launch: readonly LaunchProcess[],
  said: SaidByBuildpacks,
): Staged {
  const last = buildpacks.at(-1);
  const processes = launch.filter(({ sidecarFor }) => sidecarFor.length === 0);
  return {
    buildpackKey: last?.key ?? '',
    detectedBuildpack: last?.name ?? '',
    buildpacks,
    processes: processes.map(({ type, command }) => ({ type, command })),
    sidecars: launch.filter(({ sidecarFor }) => sidecarFor.length > 0).map(sidecarOf),
    startCommand: processes.find(({ type }) => type === 'web')?.command ?? '',
    entrypointPrefix: last?.config?.entrypointPrefix ?? '',
    ...said,
  };
}

function sidecarOf({ type, command, sidecarFor, memoryMb }: LaunchProcess): StagedSidecar {
  return { name: type, processTypes: sidecarFor, command, memoryMb };
}

/** staging_info.yml, which is one line of JSON. */
export function stagingInfoText({ detectedBuildpack, startCommand, buildpacks }: Staged): string {
  const config = buildpacks.at(-1)?.config;
  return `${goJson({
    detected_buildpack: detectedBuildpack,
    start_command: startCommand,
    ...(config === undefined ? {} : { config: configOnWire(config) }),
  })}\n`;
}

/** result.json, of a build that was successful. */
export function resultText(staged: Staged): string {
  const types = staged.processes.map(({ type, command }) => [type, command] as const);
  return textOfResult(staged.buildpacks, Object.fromEntries(types.sort(byName)), {
    ...(staged.processes.length === 0 ? {} : { processes: staged.processes }),
    ...(staged.sidecars.length === 0 ? {} : { sidecars: staged.sidecars.map(sidecarOnWire) }),
  });
}

/** result.json, of a build that failed when the buildpacks were known already. */
export function failedResultText(buildpacks: readonly StagedBuildpack[]): string {
  return textOfResult(buildpacks, null, {});
}

function textOfResult(
  buildpacks: readonly StagedBuildpack[],
  processTypes: Readonly<Record<string, string>> | null,
  lists: object,
): string {
  const { key = '', name = '' } = buildpacks.at(-1) ?? {};
  return `${goJson({
    lifecycle_metadata: {
      ...(key === '' ? {} : { buildpack_key: key }),
      detected_buildpack: name,
      buildpacks: buildpacks.map(buildpackOnWire),
    },
    process_types: processTypes,
    ...lists,
    execution_metadata: '',
    lifecycle_type: 'buildpack',
  })}\n`;
}

function buildpackOnWire({ key, name, version, config, outputMetadata }: StagedBuildpack): object {
  return {
    key,
    name,
    ...(version === '' ? {} : { version }),
    ...(config === undefined ? {} : { config: configOnWire(config) }),
    ...(outputMetadata === undefined ? {} : { output_metadata: outputMetadata }),
  };
}

function configOnWire({ entrypointPrefix }: { entrypointPrefix: string }): object {
  return entrypointPrefix === '' ? {} : { entrypoint_prefix: entrypointPrefix };
}

function sidecarOnWire({ name, processTypes, command, memoryMb }: StagedSidecar): object {
  return { name, process_types: processTypes, command, ...(memoryMb === 0 ? {} : { memory: memoryMb }) };
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : Number(a > b);
}
