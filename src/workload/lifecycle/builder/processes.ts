import { fieldsIn, itemsIn, misfit, readYaml, textIfThere, textOf, textsIn } from './yaml-reading.ts';

/** A process of an app, as a buildpack or the Procfile names it. */
export interface StagedProcess {
  readonly type: string;
  readonly command: string;
}

export interface StagedSidecar {
  readonly name: string;
  /** Beside which processes it runs. */
  readonly processTypes: readonly string[];
  readonly command: string;
  /** 0 when nobody said. */
  readonly memoryMb: number;
}

/** A process with what makes it a sidecar, if it is one. */
export interface LaunchProcess extends StagedProcess {
  readonly sidecarFor: readonly string[];
  readonly memoryMb: number;
}

/** Those of `later` take the place of those with the same type, or come behind all others. */
export function merged(earlier: readonly LaunchProcess[], later: readonly LaunchProcess[]): readonly LaunchProcess[] {
  const byType = new Map(earlier.map((process) => [process.type, process]));
  for (const process of later) byType.set(process.type, process);
  return [...byType.values()];
}

export function processesOf(commands: readonly (readonly [type: string, command: string])[]): readonly LaunchProcess[] {
  return commands.map(([type, command]) => ({ type, command, sidecarFor: [], memoryMb: 0 }));
}

/** The processes of a launch.yml, if there is one. @throws YamlMistake */
export function readLaunchFile(path: string): readonly LaunchProcess[] | undefined {
  const text = textIfThere(path);
  if (text === undefined) return undefined;
  const value = readYaml(text, { plain: true });
  const fields = value === null || value === '' ? [] : fieldsIn(value, 'resources.LaunchData');
  const processes = new Map(fields).get('processes');
  return itemsIn(processes, '[]resources.Process').map(launchProcessOf);
}

function launchProcessOf(value: unknown): LaunchProcess {
  const type = 'resources.Process';
  const fields = new Map(fieldsIn(value, type));
  const memory = textOf(memberOf(fields.get('limits'), ['memory']));
  if (!/^(?:[+-]?\d+)?$/.test(memory)) throw misfit(memory, 'int');
  return {
    type: textOf(fields.get('type')),
    command: textOf(fields.get('command')),
    sidecarFor: itemsIn(memberOf(fields.get('platforms'), ['cloudfoundry', 'sidecar_for']), '[]string').map(textOf),
    memoryMb: Number(memory),
  };
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined || value === undefined || value === null || value === '') return value;
  return memberOf(new Map(fieldsIn(value, 'struct')).get(name), rest);
}

/**
 * The commands of a Procfile.
 * @param lenient takes one that is no YAML line by line, as Heroku reads it
 * @throws YamlMistake
 */
export function commandsOfProcfile(text: string, { lenient }: { lenient: boolean }): [type: string, command: string][] {
  try {
    return textsIn(readYaml(text, { plain: true }));
  } catch (error) {
    const lines = lenient ? herokuLines(text) : undefined;
    if (lines === undefined) throw error;
    return lines;
  }
}

/** `undefined` when a line is neither a process nor empty nor a comment. */
function herokuLines(text: string): [type: string, command: string][] | undefined {
  const commands: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, type, command] = /^([\w-]+):\s*(.+?)\s*$/.exec(line) ?? [];
    if (type === undefined || command === undefined) return undefined;
    commands.push([type, command]);
  }
  return commands;
}
