import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ToolFamily } from '#contract/runtimes.ts';
import { isProgram } from '#ground/programs.ts';
import { type Candidate, homeOfShims, installedVersions } from './installed-versions.ts';
import type { ManagerVariables } from './manager-variables.ts';
import { managers } from './managers.ts';
import { isShim, programsOf, type SearchPlaces, searchDirectories } from './programs.ts';
import { behindShim, isManagersProgram } from './shims.ts';

/** Where the node of last resort comes from. */
export const ownOrigin = 'localpaas';

/** Where runtimes are looked for. */
export interface RuntimePlaces extends SearchPlaces {
  /** What managers of versions are told by the environment. */
  readonly managerVariables?: ManagerVariables | undefined;
  /** The node of last resort; empty for none. It need not be there yet. */
  readonly nodeProgram: string;
}

/** A candidate with what its path leads to. */
export interface Located extends Candidate {
  readonly realPath: string;
}

/**
 * The programs of a family, each once: configured ones, those of the PATH, then what managers of versions keep, and last
 * our own node. Nothing is run.
 */
export async function findRuntimes(family: ToolFamily, places: RuntimePlaces): Promise<Located[]> {
  const { inPath, shimHomes } = await lookInPath(family, places);
  const found = [...inPath, ...(await lookAtManagers(family, places, shimHomes))];
  const located = await Promise.all(found.map(locate));
  const own = family === 'node' && places.nodeProgram !== '' ? [ownNodeOf(places.nodeProgram)] : [];
  return eachOnce([...located.flat(), ...own]);
}

/** The first of those that are the same program. What a manager's directory says of it holds for all of them. */
function eachOnce(located: readonly Located[]): Located[] {
  const once = new Map<string, Located>();
  for (const each of located) {
    const known = once.get(each.realPath);
    if (known === undefined) once.set(each.realPath, each);
    else if (known.version === undefined) once.set(each.realPath, { ...each, ...known });
  }
  return [...once.values()];
}

interface FoundInPath {
  readonly inPath: readonly Candidate[];
  /** Homes of managers that only their shims tell of. */
  readonly shimHomes: readonly string[];
}

async function lookInPath(family: ToolFamily, places: RuntimePlaces): Promise<FoundInPath> {
  const directories = searchDirectories(places);
  const programs = programsOf[family].flatMap((name) => directories.map((directory) => join(directory, name)));
  const inPath: Candidate[] = [];
  const shimHomes: string[] = [];
  const { userHome, managerVariables: variables = {} } = places;
  for (const path of programs.filter(isProgram)) {
    const foundIn = dirname(path);
    if (isShim(path) || isManagersProgram(await realpath(path))) {
      shimHomes.push(homeOfShims(path));
      const behind = await behindShim(path, family, { userHome, variables });
      if (behind !== undefined) inPath.push(behind);
    } else {
      const origin = places.runtimeDirectories?.includes(foundIn) ? 'configuration' : 'PATH';
      inPath.push({ path, origin, foundIn });
    }
  }
  return { inPath, shimHomes };
}

async function lookAtManagers(
  family: ToolFamily,
  { userHome = '/', managerVariables = {} }: RuntimePlaces,
  shimHomes: readonly string[],
): Promise<Candidate[]> {
  const found = managers
    .filter(({ layout }) => layout[family] !== undefined)
    .map(async (manager) => {
      const usual = manager.homes(managerVariables, userHome).filter((home) => home !== undefined);
      const homes = [...new Set([...usual, ...shimHomes.filter((home) => home.endsWith(manager.name))])];
      return (await Promise.all(homes.map((home) => installedVersions(manager, home, family)))).flat();
    });
  return (await Promise.all(found)).flat();
}

/** What a shell session puts into the PATH goes with it: fnm links there to what stays. */
async function locate(candidate: Candidate): Promise<Located[]> {
  const realPath = await realpath(candidate.path).catch(() => undefined);
  if (realPath === undefined) return []; // removed meanwhile
  const path = candidate.path.includes('/fnm_multishells/') ? realPath : candidate.path;
  return [{ ...candidate, path, realPath }];
}

function ownNodeOf(path: string): Located {
  return { path, realPath: path, version: process.versions.node, origin: ownOrigin, foundIn: dirname(path) };
}
