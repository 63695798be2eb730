import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import type { AppEntry, Facts, Manifest } from '#workload/manifest/index.ts';
import { kindOf } from './push-source.ts';

/** What `push` was told about manifests. */
export interface ManifestInput {
  /** `none` and `false`: none is read, whatever lies there. */
  readonly manifest: string | false | undefined;
  readonly varsFile: readonly string[];
  /** `KEY=VALUE` */
  readonly var: readonly string[];
}

const names = ['manifest.yml', 'manifest.yaml'];

/** The manifest that is named, else the one in the folder. */
export function manifestFile(
  { manifest }: Pick<ManifestInput, 'manifest'>,
  folder: string,
  workingDirectory: string,
): string | undefined {
  if (!readsManifests({ manifest })) return undefined;
  if (typeof manifest === 'string') {
    const named = resolve(workingDirectory, manifest);
    const inside = isFolder(named) ? names.map((name) => join(named, name)).find(existsSync) : undefined;
    return inside ?? named;
  }
  return names.map((name) => join(folder, name)).find(existsSync);
}

export function readsManifests({ manifest }: Pick<ManifestInput, 'manifest'>): boolean {
  return manifest !== 'none' && manifest !== false;
}

/**
 * @param onRead told of each manifest that is inherited from, whether it is there or not
 * @throws ActionableError BAD_INPUT
 */
export async function readManifest(
  file: string,
  input: ManifestInput,
  { workingDirectory, onRead = () => {} }: { workingDirectory: string; onRead?: ((file: string) => void) | undefined },
): Promise<Manifest> {
  // Loaded only for those who have a manifest.
  const { parseManifest, variablesFrom } = await import('#workload/manifest/index.ts');
  const files = input.varsFile.map((name) => {
    const path = resolve(workingDirectory, name);
    return { file: path, text: textOf(path, 'There is no file of variables', 'Name a file that can be read.') };
  });
  const variables = variablesFrom({ files, pairs: input.var });
  const text = textOf(file, 'There is no manifest', 'Name a manifest that can be read, or `--no-manifest`.');
  const read = (inherited: string) => {
    onRead(inherited);
    return textIfThere(inherited);
  };
  return parseManifest({ file, text }, { read, variables });
}

/**
 * The app that is meant by a name. The only app of a manifest may be given another name.
 * @throws ActionableError BAD_INPUT
 */
export function chooseApp(apps: readonly AppEntry[], name: string, file: string): AppEntry {
  const named = apps.find((app) => app.name === name);
  const [first] = apps;
  if (named !== undefined) return named;
  if (first !== undefined && apps.length === 1) return { ...first, name };
  const there = apps.flatMap((app) => (app.name === undefined ? [] : [`'${app.name}'`]));
  throw new ActionableError(
    'BAD_INPUT',
    `${file} has no app named '${name}'.`,
    `It has ${there.join(', ')}; or push with \`--no-manifest\`.`,
  );
}

/** What the stackato.yml in an app's folder says; `undefined` when there is none. @throws ActionableError BAD_INPUT */
export async function readStackatoFile(
  folder: string,
  {
    facts,
    ask,
    name,
  }: { facts: () => Promise<Facts>; ask: (questions: string[]) => Promise<void>; name: string | undefined },
): Promise<AppEntry | undefined> {
  const file = join(folder, 'stackato.yml');
  if (!existsSync(file)) return undefined;
  const { describedStackato, parseStackato, questionsOfStackato } = await import('#workload/manifest/index.ts');
  const tree = parseStackato({ file, text: textOf(file, 'There is no', 'Make it readable, or `--no-manifest`.') });
  await ask(questionsOfStackato(tree));
  return describedStackato(tree, await facts(), name);
}

function isFolder(path: string): boolean {
  return existsSync(path) && !path.endsWith('.yml') && !path.endsWith('.yaml') && kindOfPath(path) === 'folder';
}

function kindOfPath(path: string): string | undefined {
  try {
    return kindOf(path);
  } catch {
    return undefined; // a file that is no archive, as a manifest should be
  }
}

function textIfThere(file: string): string | undefined {
  return existsSync(file) ? textOf(file, 'There is no', 'Make it readable.') : undefined;
}

function textOf(file: string, missing: string, remedy: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === undefined) throw cause;
    const why = code === 'ENOENT' ? `${missing} ${file}.` : `${file} cannot be read: ${code}.`;
    throw new ActionableError('BAD_INPUT', why, remedy, { cause });
  }
}
