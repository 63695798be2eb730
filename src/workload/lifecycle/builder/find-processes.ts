import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Build, depsIndex, run, suppliersOf } from './build.ts';
import { captured } from './captured.ts';
import type { Chosen } from './choose.ts';
import { failed } from './failed.ts';
import { texts } from './failure.ts';
import { commandsOfProcfile, type LaunchProcess, merged, processesOf, readLaunchFile } from './processes.ts';
import { type Release, releaseOf } from './release.ts';
import { textIfThere, YamlMistake } from './yaml-reading.ts';

export interface FoundProcesses {
  readonly processes: readonly LaunchProcess[];
  /** What the last buildpack's `release` said, if it was asked. */
  readonly release: Release;
}

const nothingReleased: Release = { processes: [], configVars: [], addons: [], runtime: undefined };

/**
 * The processes of an app: what the buildpacks say, then what its Procfile says.
 * @throws BuilderFailure 224 for a bad release, 1 for a launch.yml or a Procfile that cannot be read
 */
export async function findProcesses(build: Build, chosen: Chosen): Promise<FoundProcesses> {
  const { options } = build;
  let processes: readonly LaunchProcess[] = [];
  for (const index of suppliersOf(options).keys()) processes = merged(processes, launchOf(build, index) ?? []);
  const launch = launchOf(build, options.strict ? options.order.length - 1 : suppliersOf(options).length);
  const release = launch === undefined ? await released(build, chosen) : nothingReleased;
  processes = merged(processes, launch ?? processesOf(release.processes));
  return { processes: merged(processes, processesOf(procfileOf(build))), release };
}

/** Diego does not pad the number, and so finds nothing of ten buildpacks and more. */
function launchOf({ deps, options }: Build, index: number): readonly LaunchProcess[] | undefined {
  try {
    return readLaunchFile(join(deps, options.strict ? String(index) : depsIndex(options, index), 'launch.yml'));
  } catch (error) {
    throw failed('other', error);
  }
}

async function released(build: Build, { place }: Chosen): Promise<Release> {
  const script = join(place, 'bin', 'release');
  const { strict, buildDir } = build.options;
  if (!strict && !existsSync(script)) return nothingReleased;
  const output = captured();
  try {
    await run(build, script, [buildDir], { out: output.add });
  } catch (error) {
    throw failed('release', error, texts.release);
  }
  try {
    if (output.isCut()) throw new YamlMistake('yaml: it is too long');
    return releaseOf(output.text());
  } catch (error) {
    throw failed('release', error, texts.release, "buildpack's release output invalid");
  }
}

function procfileOf({ options: { buildDir, strict } }: Build): [type: string, command: string][] {
  try {
    return commandsOfProcfile(textIfThere(join(buildDir, 'Procfile')) ?? '', { lenient: !strict });
  } catch (error) {
    if (error instanceof YamlMistake) throw failed('other', new YamlMistake('invalid YAML'), texts.procfile);
    throw failed('other', error, texts.procfile);
  }
}
