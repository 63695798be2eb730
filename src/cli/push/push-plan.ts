import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { type Attributes, chooseApp, readManifest } from './manifest.ts';
import { kindOf } from './push-source.ts';

/** What `push` was told on the command line. */
export interface PushInput {
  readonly path: string | undefined;
  readonly name: string | undefined;
  /** MB */
  readonly memory: number | undefined;
  /** MB */
  readonly disk: number | undefined;
  readonly instances: number | undefined;
  readonly command: string | undefined;
  /** `KEY=VALUE` */
  readonly env: readonly string[];
  readonly healthCheckType: string | undefined;
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly route: boolean;
  readonly randomRoute: boolean;
  readonly manifest: string | undefined;
}

export interface PushPlan {
  readonly name: string;
  /** Where the bits are. */
  readonly path: string;
  /** The app's entry in the manifest that is sent; JSON, which is YAML too. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What the user should know about the choice that was made. */
  readonly note?: string;
}

/** What is to be pushed: the flags over the manifest over habit. @throws ActionableError BAD_INPUT, USAGE */
export async function planPush(input: PushInput, workingDirectory: string): Promise<PushPlan> {
  const given = input.path === undefined ? undefined : resolve(workingDirectory, input.path);
  const file = manifestFile(input, given, workingDirectory);
  const apps = file === undefined ? [] : await readManifest(file);
  const chosen = file === undefined ? {} : chooseApp(apps, input.name, file);
  const path = pathOf(chosen, { given, file, isNamed: input.manifest !== undefined, workingDirectory });
  const name = input.name ?? chosen.name ?? nameFor(path);
  const note =
    apps.length > 1 && input.name === undefined
      ? `The manifest has ${apps.length} apps; --name chooses another.`
      : undefined;
  return { name, path, attributes: attributesOf(chosen, name, input), ...(note === undefined ? {} : { note }) };
}

/** A name for an app from the name of its folder or archive, such that it can be a host name. */
export function nameFor(path: string): string {
  const base = archiveless(basename(path));
  const safe = base
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  if (safe !== '') return safe;
  throw new ActionableError('USAGE', `No name can be made from '${base}'.`, 'Give the app one with `--name`.');
}

function archiveless(name: string): string {
  return ['.zip', '.jar', '.war'].includes(extname(name).toLowerCase()) ? name.slice(0, -4) : name;
}

function manifestFile(
  { manifest }: PushInput,
  given: string | undefined,
  workingDirectory: string,
): string | undefined {
  if (manifest === 'none') return undefined;
  if (manifest !== undefined) return resolve(workingDirectory, manifest);
  const folder = given !== undefined && kindOf(given) === 'folder' ? given : workingDirectory;
  return ['manifest.yml', 'manifest.yaml'].map((name) => join(folder, name)).find(existsSync);
}

/** A manifest's `path` counts from the manifest. A path on the command line wins over a manifest that was named too. */
function pathOf(
  { path }: Attributes,
  from: { given: string | undefined; file: string | undefined; isNamed: boolean; workingDirectory: string },
): string {
  const { given, file, isNamed, workingDirectory } = from;
  const isOverruled = given !== undefined && (isNamed || kindOf(given) === 'archive');
  if (path === undefined || file === undefined || isOverruled) return given ?? workingDirectory;
  return resolve(dirname(file), path);
}

function attributesOf(chosen: Attributes, name: string, input: PushInput): Record<string, unknown> {
  const { path: _, disk_quota: diskQuota, ...rest } = chosen;
  const env = { ...chosen.env, ...environmentOf(input.env) };
  const attributes: Record<string, unknown> = {
    ...rest,
    ...(diskQuota === undefined ? {} : { 'disk-quota': diskQuota }),
    name,
    ...(Object.keys(env).length === 0 ? {} : { env }),
  };
  return routed(withProcessFlags(attributes, chosen, input), input);
}

/** Flags about processes speak of the web process, wherever the manifest describes it. */
function withProcessFlags(attributes: Record<string, unknown>, { processes }: Attributes, input: PushInput) {
  const flags = definedOf({
    memory: input.memory === undefined ? undefined : `${input.memory}M`,
    'disk-quota': input.disk === undefined ? undefined : `${input.disk}M`,
    instances: input.instances,
    command: input.command === 'null' ? null : input.command,
    'health-check-type': input.healthCheckType,
    timeout: input.timeout,
  });
  if (processes?.some(({ type }) => type === 'web') !== true) return { ...attributes, ...flags };
  return { ...attributes, processes: processes.map((each) => (each.type === 'web' ? { ...each, ...flags } : each)) };
}

function routed(attributes: Record<string, unknown>, { route, randomRoute }: PushInput): Record<string, unknown> {
  if (!route && randomRoute) {
    throw new ActionableError(
      'USAGE',
      '--no-route and --random-route contradict each other.',
      'Leave one of them out.',
    );
  }
  const { routes, 'no-route': noRoute, 'random-route': isRandom, ...rest } = attributes;
  if (!route) return { ...rest, 'no-route': true };
  const listed = routes === undefined ? rest : { ...rest, routes };
  if (randomRoute) return { ...listed, 'random-route': true };
  if (noRoute === true || isRandom === true) return attributes;
  return { ...listed, 'default-route': true };
}

function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
      throw new ActionableError(
        'USAGE',
        `--env cannot be '${pair}'.`,
        'Write it as KEY=VALUE; the value may be empty.',
      );
    }),
  );
}

function definedOf(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
