import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import { changeVariable } from '../app/change-variable.ts';
import { type StateInput, type StrategyInput, strategyIn } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';

interface Input extends StateInput, StrategyInput {
  readonly key: string;
  /** `-` is standard input. */
  readonly value: string | undefined;
  readonly file: string | undefined;
  readonly restart: boolean;
}

/** The kernel gives a program no longer variable, counted with its name and `=`. */
const mostBytes = 128 * 1024 - 1;

export async function run(cli: Cli, input: Input): Promise<void> {
  const { name, key, value, file, json, restart, wait } = input;
  checkKey(key);
  const content = await contentOf(cli, value, file);
  checkValue(key, content);
  const how = { json, restart, wait, strategy: strategyIn(input) };
  await changeVariable(cli, await ApiClient.open(cli), { name, key, value: content, ...how });
}

function checkKey(key: string): void {
  if (/^[^=\0]+$/.test(key)) return;
  throw new ActionableError(
    'USAGE',
    `'${key}' cannot be the name of a variable.`,
    'A name is not empty and holds no `=`.',
  );
}

function checkValue(key: string, value: string): void {
  if (value.includes('\0')) {
    throw new ActionableError('BAD_INPUT', `The value of ${key} holds a zero byte.`, 'Encode it, with base64 for one.');
  }
  const bytes = Buffer.byteLength(`${key}=${value}`);
  if (bytes <= mostBytes) return;
  throw new ActionableError(
    'BAD_INPUT',
    `${key} is too long: ${bytes} bytes with its name, and no program can be given more than ${mostBytes}.`,
    'Push it as a file of the app.',
  );
}

async function contentOf(cli: Cli, value: string | undefined, file: string | undefined): Promise<string> {
  if (value !== undefined && file !== undefined)
    throw misused('VALUE and --file contradict each other.', 'Leave one of them out.');
  if (file !== undefined) return textOf(await bytesOf(resolve(cli.workingDirectory, file)), file);
  if (value === '-') return textOf(await buffer(cli.input), 'standard input');
  if (value !== undefined) return value;
  throw misused(
    'There is no value.',
    "Give it as VALUE, with `--file FILE`, or as `-` for standard input; '' is an empty one.",
  );
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === undefined) throw cause;
    throw new ActionableError('BAD_INPUT', `${path} cannot be read: ${code}.`, 'Name a file that can be read.', {
      cause,
    });
  }
}

/** The text, without the one line end that editors and `echo` put at the end. */
function textOf(bytes: Buffer, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new ActionableError(
      'BAD_INPUT',
      `What ${where} holds is not text in UTF-8.`,
      'Encode it, with base64 for one.',
      { cause },
    );
  }
}

function misused(message: string, remedy: string): ActionableError {
  return new ActionableError('USAGE', message, remedy);
}
