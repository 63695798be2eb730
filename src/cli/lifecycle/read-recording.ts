import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { ActionableError, messageOf } from '#ground/errors.ts';
import {
  FileMap,
  findRecording,
  type Program,
  type Recording,
  type ReplayWorld,
} from '#workload/lifecycle/replay/index.ts';
import type { Cli } from '../cli.ts';
import { isolationSettings } from '../isolation-settings.ts';

/** @param given a file, or `-` */
export async function readRecording(cli: Cli, given: string, program: Program): Promise<Recording> {
  if (given === '-') {
    if (cli.input.isTTY === true) throw nothingGiven();
    return findRecording(await text(cli.input), program, 'standard input');
  }
  let content: string;
  try {
    content = await readFile(resolve(cli.workingDirectory, given), 'utf8');
  } catch (cause) {
    const message = `The recording ${given} cannot be read: ${messageOf(cause)}.`;
    throw new ActionableError('NOT_FOUND', message, 'Give it a file that is there, or `-` for standard input.', {
      cause,
    });
  }
  return findRecording(content, program, basename(given));
}

function nothingGiven(): ActionableError {
  return new ActionableError('USAGE', 'There is no recording.', 'Name a file, or pipe one in.');
}

/**
 * Whether what was given is a recording, and not an app.
 * @throws ActionableError USAGE when it may be both
 */
export async function isRecording(cli: Cli, given: string): Promise<boolean> {
  if (given === '-' || given.includes('/') || /\.(json|log)$/.test(given)) return true;
  const found = await stat(resolve(cli.workingDirectory, given)).catch(() => undefined);
  if (found?.isFile() !== true) return false;
  throw new ActionableError(
    'USAGE',
    `'${given}' may be the app of this name, or the file that is here.`,
    `Write ./${given} for the file, or add --app for the app.`,
  );
}

/** @param quiet prints nothing of what the recorded programs print on standard output, which is for JSON then */
export function replayWorld(cli: Cli, map: readonly string[], quiet: boolean): ReplayWorld {
  const print = (sink: 'out' | 'messages') => (said: string) => {
    if (sink === 'messages' || quiet) cli.messages.write(said);
    else cli.out.raw(said);
  };
  return {
    home: cli.home,
    env: cli.env,
    files: new FileMap(map, cli.workingDirectory),
    signal: cli.signal,
    isolation: isolationSettings(cli.env),
    out: print('out'),
    err: print('messages'),
    step: (message) => cli.progress.line(message),
    warn: (message) => cli.progress.warn(message),
  };
}
