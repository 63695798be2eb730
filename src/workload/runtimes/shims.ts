import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ToolFamily } from '#contract/runtimes.ts';
import { jsonIn } from '#ground/json-in.ts';
import {
  type Candidate,
  directoryOfVersion,
  homeOfShims,
  programIn,
  versionOfDirectory,
} from './installed-versions.ts';
import type { ManagerVariables } from './manager-variables.ts';

/** What asdf and mise call the families. */
const toolNames: Readonly<Record<ToolFamily, readonly string[]>> = {
  node: ['nodejs', 'node'],
  ruby: ['ruby'],
  python: ['python'],
  php: ['php'],
  java: ['java'],
  go: ['golang', 'go'],
};

interface Surroundings {
  readonly userHome: string | undefined;
  readonly variables: ManagerVariables;
}

/** A version that was chosen for everything, and the file that says so. */
interface Chosen {
  readonly file: string;
  readonly versions: readonly string[];
}

/**
 * The program behind one of `shims/` of pyenv, rbenv, asdf or mise, or of volta's `bin/`: the version that was chosen for
 * this user. Undefined when none was, or it is not installed.
 */
export async function behindShim(
  shim: string,
  family: ToolFamily,
  surroundings: Surroundings,
): Promise<Candidate | undefined> {
  const home = homeOfShims(shim);
  return (
    (await behindVolta(home, family)) ??
    (await firstInstalled(home, family, await versionFile(home), ['versions'])) ??
    (await behindTools(home, family, surroundings))
  );
}

async function behindVolta(home: string, family: ToolFamily): Promise<Candidate | undefined> {
  if (family !== 'node') return undefined;
  const file = join(home, 'tools/user/platform.json');
  const platform = jsonIn((await textIn(file)) ?? '') as { node?: { runtime?: unknown } | null } | null | undefined;
  const runtime = platform?.node?.runtime;
  const chosen = { file, versions: typeof runtime === 'string' ? [runtime] : [] };
  return firstInstalled(home, family, chosen, ['tools/image/node']);
}

/** `version` of pyenv and rbenv: one or more, by lines or colons. */
async function versionFile(home: string): Promise<Chosen> {
  const file = join(home, 'version');
  return { file, versions: ((await textIn(file)) ?? '').split(/[\s:]+/).filter((version) => version !== '') };
}

async function behindTools(
  home: string,
  family: ToolFamily,
  { userHome, variables }: Surroundings,
): Promise<Candidate | undefined> {
  const parents = toolNames[family].map((tool) => join('installs', tool));
  for (const file of chosenInFiles({ userHome, variables })) {
    const versions = chosenIn((await textIn(file)) ?? '', family);
    const found = await firstInstalled(home, family, { file, versions }, parents);
    if (found !== undefined) return found;
  }
  return undefined;
}

function chosenInFiles({ userHome, variables }: Surroundings): string[] {
  const { MISE_CONFIG_DIR, XDG_CONFIG_HOME } = variables;
  const ofUser = userHome === undefined ? [] : [join(XDG_CONFIG_HOME ?? join(userHome, '.config'), 'mise')];
  const toolVersions = userHome === undefined ? [] : [join(userHome, '.tool-versions')];
  const configs = MISE_CONFIG_DIR === undefined ? ofUser : [MISE_CONFIG_DIR];
  return [...configs.map((directory) => join(directory, 'config.toml')), ...toolVersions];
}

/** `nodejs 20.11.0`, or in TOML `node = "20"`, or `node = ["20", "18"]`. */
function chosenIn(text: string, family: ToolFamily): string[] {
  const line = text
    .split('\n')
    .find((each) => toolNames[family].some((tool) => new RegExp(`^\\s*"?${tool}"?[\\s=]`).test(each)));
  const values =
    line
      ?.replace(/#.*/, '')
      .trim()
      .replace(/^"?[\w-]+"?[\s=]+/, '') ?? '';
  return values.split(/[\s,[\]"']+/).filter((version) => /\d/.test(version));
}

async function firstInstalled(
  home: string,
  family: ToolFamily,
  { file, versions }: Chosen,
  parents: readonly string[],
): Promise<Candidate | undefined> {
  for (const version of versions) {
    for (const parent of parents) {
      const directory = await directoryOfVersion(join(home, parent), version);
      const found = directory === undefined ? undefined : installedIn(directory, family, file);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function installedIn(directory: string, family: ToolFamily, foundIn: string): Candidate | undefined {
  const path = programIn(directory, family);
  if (path === undefined) return undefined;
  const version = versionOfDirectory(family, basename(directory));
  return { path, origin: 'PATH', foundIn, ...(version === undefined ? {} : { version }) };
}

async function textIn(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined); // not there, or not for us
}

/** Of volta and mise each shim is a link to the manager's own program. */
export function isManagersProgram(realPath: string): boolean {
  return /^(volta-shim|mise|asdf)$/.test(basename(realPath));
}
