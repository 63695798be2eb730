import { join } from 'node:path';
import { type Build, depsIndex } from './build.ts';
import { type RuntimeConstraint, runtimeIn } from './release.ts';
import type { StagedBuildpack } from './result.ts';
import { readYaml, textIfThere } from './yaml-reading.ts';

export interface BuildpackMetadata {
  readonly buildpacks: readonly StagedBuildpack[];
  /** Of the last buildpack that chose one. */
  readonly runtime: RuntimeConstraint | undefined;
}

/** What buildpacks wrote about themselves into their config.yml. One that cannot be read says nothing, as with Diego. */
export function metadataOf({ deps, options }: Build, keys: readonly string[]): BuildpackMetadata {
  const configs = keys.map((_, index) => configIn(join(deps, depsIndex(options, index), 'config.yml')));
  const runtimes = configs.map(({ values }) => runtimeIn(values['runtime']) ?? runtimeIn(outputOf(values)['runtime']));
  return {
    buildpacks: keys.map((key, index) => buildpackOf(key, configs[index])),
    runtime: runtimes.filter((runtime) => runtime !== undefined).at(-1),
  };
}

type Fields = Readonly<Record<string, unknown>>;

interface Config {
  /** Scalars are what they mean: numbers, truth values. */
  readonly values: Fields;
  /** Scalars are as they are written: version 1.10 is not 1.1. */
  readonly texts: Fields;
}

function configIn(path: string): Config {
  try {
    const text = textIfThere(path) ?? '';
    return { values: recordIn(readYaml(text, { plain: false })), texts: recordIn(readYaml(text, { plain: true })) };
  } catch {
    return { values: {}, texts: {} }; // no reason to fail: its app is built already
  }
}

function buildpackOf(key: string, { values, texts }: Config = { values: {}, texts: {} }): StagedBuildpack {
  const { name, version, config } = texts;
  const metadata = outputOf(values);
  return {
    key: scalar(texts['key']) || key,
    name: scalar(name),
    version: scalar(version),
    ...(isRecord(config) ? { config: { entrypointPrefix: scalar(config['entrypoint_prefix']) } } : {}),
    ...(Object.keys(metadata).length > 0 ? { outputMetadata: metadata } : {}),
  };
}

function outputOf(values: Fields): Fields {
  return recordIn(values['output_metadata']);
}

function scalar(value: unknown): string {
  return value === null || value === undefined || typeof value === 'object' ? '' : String(value);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordIn(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
