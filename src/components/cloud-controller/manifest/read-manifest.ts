import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import { ActionableError } from '#ground/errors.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { checkAppName } from '../names.ts';
import { AppAttributes, ignoredAttributes, ManifestAttributes } from './attributes.ts';
import { checkSupported } from './check-supported.ts';
import { type ProcessWish, processWishOf } from './process-wish.ts';
import { type SidecarWish, sidecarWishesOf } from './sidecar-wish.ts';

/** What a manifest wants of one app. What it does not mention stays as it is. */
export interface AppWish {
  readonly name: string;
  readonly web: ProcessWish;
  /** Of other processes, by their type. */
  readonly others: Readonly<Record<string, ProcessWish>>;
  /** `null` takes a variable away. */
  readonly environment: Readonly<Record<string, string | null>>;
  /** Routes to have: `host.domain/path`. */
  readonly routes: readonly string[];
  readonly routing: 'none' | 'random' | 'default' | 'asListed';
  readonly buildpacks: readonly string[] | undefined;
  readonly sidecars: readonly SidecarWish[];
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
}

export interface ManifestWishes {
  readonly apps: readonly AppWish[];
  /** What is in the manifest and changes nothing, in sentences. */
  readonly warnings: readonly string[];
}

/** @throws ApiError 400 when it is no YAML, 422 naming the app and what is wrong with it */
export async function readManifest(text: string): Promise<ManifestWishes> {
  const parsed = v.safeParse(ManifestAttributes, await valueOfManifest(text));
  if (!parsed.success) throw refused(`The manifest cannot be used: ${reasonOf(parsed.issues)}.`);
  const read = parsed.output.applications.map(readApp);
  const names = read.map(({ wish }) => wish.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refused(`For application '${twice}': it is in the manifest twice.`);
  return { apps: read.map(({ wish }) => wish), warnings: read.flatMap(({ warnings }) => warnings) };
}

/** JSON is YAML too, and read without loading the YAML library. */
async function valueOfManifest(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // It is YAML proper, or broken: the YAML reader tells which.
  }
  const { parseYaml } = await import('#ground/yaml.ts');
  try {
    return parseYaml(text);
  } catch (cause) {
    if (!(cause instanceof ActionableError)) throw cause;
    throw new ApiError('CF-MessageParseError', `Request invalid due to parse error: ${cause.message}`, { cause });
  }
}

function readApp(raw: Record<string, unknown>): { wish: AppWish; warnings: string[] } {
  const name = typeof raw['name'] === 'string' ? raw['name'] : '';
  if (name === '') throw refused('Each application of the manifest must have a name.');
  checkAppName(name);
  try {
    const parsed = v.safeParse(AppAttributes, withHyphens(raw));
    if (!parsed.success) throw refused(`${reasonOf(parsed.issues)}.`);
    checkSupported(parsed.output);
    const ignored = ignoredAttributes(parsed.output);
    return {
      wish: wishOf(parsed.output),
      warnings: ignored.map((key) => `For application '${name}': '${key}' is not supported and was ignored.`),
    };
  } catch (error) {
    throw error instanceof ApiError ? refused(`For application '${name}': ${error.message}`) : error;
  }
}

/** `disk_quota` is `disk-quota`, in the app, its processes and its sidecars. @throws ApiError 422 for both at once */
function withHyphens(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const normal: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(raw)) {
    const name = key.replaceAll('_', '-');
    if (name in normal) throw refused(`'${name}' is there twice, with - and with _: keep one of the two.`);
    normal[name] = ['processes', 'sidecars'].includes(name) && Array.isArray(value) ? value.map(hyphenated) : value;
  }
  return normal;
}

function hyphenated(value: unknown): unknown {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? withHyphens(value as Record<string, unknown>) : value;
}

/** @returns undefined when the manifest does not speak of them */
function buildpacksOf({ buildpack, buildpacks }: AppAttributes): string[] | undefined {
  if (buildpacks != null) return buildpacks;
  if (buildpack == null) return undefined;
  return buildpack === 'default' || buildpack === 'null' ? [] : [buildpack];
}

function wishOf(attributes: AppAttributes): AppWish {
  const web = attributes.processes?.find(({ type }) => type === 'web');
  const others = (attributes.processes ?? []).flatMap((each) =>
    each.type === 'web' ? [] : [[each.type, processWishOf(each)] as const],
  );
  const definedOfWeb = Object.fromEntries(Object.entries(web ?? {}).filter(([, value]) => value !== undefined));
  return {
    name: attributes.name,
    web: processWishOf({ ...attributes, ...definedOfWeb }),
    others: Object.fromEntries(others),
    environment: environmentOf(attributes.env ?? {}),
    routes: attributes.routes?.map(({ route }) => route) ?? [],
    routing: routingOf(attributes),
    buildpacks: buildpacksOf(attributes),
    sidecars: sidecarWishesOf(attributes.sidecars ?? []),
    labels: attributes.metadata?.labels ?? {},
    annotations: attributes.metadata?.annotations ?? {},
  };
}

/** YAML has numbers and truths where programs have texts. */
function environmentOf(env: Readonly<Record<string, unknown>>): Record<string, string | null> {
  const textOf = (value: unknown) => {
    if (value === null || typeof value === 'string') return value;
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  };
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, textOf(value)]));
}

function routingOf(attributes: AppAttributes): AppWish['routing'] {
  const hasRoutes = (attributes.routes ?? []).length > 0;
  if (attributes['no-route'] === true) {
    if (hasRoutes || attributes['random-route'] === true) throw refused('no-route contradicts the routes it names.');
    return 'none';
  }
  if (hasRoutes) return 'asListed';
  if (attributes['random-route'] === true) return 'random';
  return attributes['default-route'] === true ? 'default' : 'asListed';
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
