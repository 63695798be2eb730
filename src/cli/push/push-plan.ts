import { basename, extname, resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { type AppEntry, emptyEntry, entryOnTop } from '#workload/manifest/app-entry.ts';
import { filledForms } from './fill-forms.ts';
import {
  chooseApp,
  type ManifestInput,
  manifestFile,
  readManifest,
  readStackatoFile,
  readsManifests,
} from './manifest.ts';
import type { Asker, PushFacts } from './push-facts.ts';
import { type AppFlags, givenFlags, withFlags } from './push-flags.ts';
import { kindOf } from './push-source.ts';

/** What `push` was told on the command line. */
export interface PushInput extends AppFlags, ManifestInput {
  /** A folder or archive; or the name of an app, where a manifest has it or `--path` names the folder. */
  readonly target: string | undefined;
  readonly path: string | undefined;
  readonly name: string | undefined;
}

export interface PushPlan {
  readonly name: string;
  /** Where the bits are. */
  readonly path: string;
  /** The app's entry in the manifest that is sent; JSON, which is YAML too. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Command lines to be run in the folder before anything is looked at. */
  readonly prePush: readonly string[];
  /** Patterns instead of those that are left out by habit. */
  readonly ignores?: readonly string[];
}

export interface PushPlans {
  readonly plans: readonly PushPlan[];
  /** What the user should know about the choices that were made. */
  readonly remarks: readonly string[];
}

/** What surrounds a push. */
export interface Surroundings {
  readonly workingDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly facts: PushFacts;
  readonly ask: Asker;
  /** Told of each manifest that another one inherits from. */
  readonly onRead?: (file: string) => void;
}

/** What is to be pushed: the flags over the manifests over habit. @throws ActionableError BAD_INPUT, USAGE */
export async function planPush(input: PushInput, around: Surroundings): Promise<PushPlans> {
  const found = await entriesFor(input, around);
  const { entries, given } = found;
  const flags = givenFlags(input);
  if (entries.length > 1 && (flags.length > 0 || input.path !== undefined)) {
    const said = [...flags, ...(input.path === undefined ? [] : ['--path'])];
    throw new ActionableError(
      'USAGE',
      `${said.join(', ')} cannot be meant for ${entries.length} apps at once.`,
      'Name the app: `localpaas push NAME`, or write it into the manifest.',
    );
  }
  const plans: PushPlan[] = [];
  const remarks = [...found.remarks];
  for (const entry of entries) {
    const path = given ?? entry.path ?? around.workingDirectory;
    const { plan, said } = await planFor(entry, path, input, around);
    plans.push(plan);
    remarks.push(...said.map((remark) => (entries.length > 1 ? `${plan.name}: ${remark}` : remark)));
  }
  return { plans, remarks };
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

interface Entries {
  readonly entries: readonly AppEntry[];
  /** A path that counts more than those of the entries. */
  readonly given: string | undefined;
  readonly remarks: readonly string[];
}

async function entriesFor(input: PushInput, around: Surroundings): Promise<Entries> {
  const byName = await entriesByName(input, around);
  if (byName !== undefined) return byName;
  const { target } = input;
  const { workingDirectory } = around;
  const name = nameIn(input);
  const own = target === undefined || name === target ? undefined : resolve(workingDirectory, target);
  const given = pathIn(input, around) ?? own;
  const isThere = own !== undefined && given === own && kindOf(own) === 'folder';
  const file = manifestFile(input, isThere ? own : workingDirectory, workingDirectory);
  if (file === undefined) return { entries: [{ ...emptyEntry, name }], given, remarks: [] };
  return chosen(await described(file, input, around), name, file, overruling(input, given));
}

/** Where what stands alone on the command line is the name of an app of the manifest here. */
async function entriesByName(input: PushInput, around: Surroundings): Promise<Entries | undefined> {
  const { target } = input;
  const file = manifestFile(input, around.workingDirectory, around.workingDirectory);
  const isName = input.path !== undefined || (target !== undefined && !/[/\\]|^\.+$/.test(target));
  if (!isName || target === undefined || file === undefined) return undefined;
  const all = await described(file, input, around);
  const isThere = all.entries.some(({ name }) => name === target);
  return isThere ? chosen(all, target, file, pathIn(input, around)) : undefined;
}

/** With `--path` beside it, what stands alone is a name. */
function nameIn({ name, path, target }: PushInput): string | undefined {
  return name ?? (path === undefined ? undefined : target);
}

function pathIn({ path }: PushInput, { workingDirectory }: Surroundings): string | undefined {
  return path === undefined ? undefined : resolve(workingDirectory, path);
}

/** A folder that only led to its manifest leaves the path to that. */
function overruling({ path, manifest }: PushInput, given: string | undefined): string | undefined {
  if (given === undefined || path !== undefined || typeof manifest === 'string' || kindOf(given) === 'archive')
    return given;
  return undefined;
}

function chosen(
  { entries, remarks }: Pick<Entries, 'entries' | 'remarks'>,
  name: string | undefined,
  file: string,
  given: string | undefined,
): Entries {
  return { entries: name === undefined ? entries : [chooseApp(entries, name, file)], given, remarks };
}

/** The apps of a manifest; one that names no path lies where its manifest does. */
async function described(file: string, input: PushInput, around: Surroundings) {
  const manifest = await readManifest(file, input, around);
  const { describedApps, questionsOf } = await import('#workload/manifest/index.ts');
  await around.facts.ask(questionsOf(manifest), around.ask);
  const isNamed = typeof input.manifest === 'string';
  const home = isNamed ? around.workingDirectory : resolve(file, '..');
  const entries = describedApps(manifest, await around.facts.now());
  return { entries: entries.map((entry) => ({ ...entry, path: entry.path ?? home })), remarks: manifest.remarks };
}

async function planFor(manifestEntry: AppEntry, path: string, input: PushInput, around: Surroundings) {
  const entry = await withStackatoFile(manifestEntry, path, input, around);
  const place = entry.path ?? path;
  const name = nameIn(input) ?? entry.name ?? nameFor(place);
  const flagged = withFlags(entry.attributes, input);
  const env = await filledForms(entry.forms, { env: flagged['env'], around: around.env, ask: around.ask });
  const plan: PushPlan = {
    name,
    path: place,
    attributes: { ...flagged, name, ...(env === undefined ? {} : { env }) },
    prePush: entry.prePush,
    ...(entry.ignores === undefined ? {} : { ignores: entry.ignores }),
  };
  return { plan, said: entry.remarks };
}

/** @returns an entry whose path counts */
async function withStackatoFile(
  entry: AppEntry,
  path: string,
  input: PushInput,
  { facts, ask }: Surroundings,
): Promise<AppEntry> {
  const here = { ...entry, path };
  if (!readsManifests(input) || kindOf(path) !== 'folder') return here;
  const own = await readStackatoFile(path, {
    facts: () => facts.now(),
    ask: (questions) => facts.ask(questions, ask),
    name: nameIn(input) ?? entry.name,
  });
  return own === undefined ? here : entryOnTop(here, own);
}
