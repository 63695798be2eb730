import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ActionableError, messageOf, systemCodeOf } from '#ground/errors.ts';
import type { Cli } from '../cli.ts';
import { configFilesFor, procfileFor } from '../parts/procfile.ts';
import { commandName } from '../up/banner.ts';

interface ProcfileInput {
  readonly write: string | undefined;
  readonly busPort: number | undefined;
  readonly port: number | undefined;
  /** Whether a stand-in takes the place of the cloud controller and of all that only it needs. */
  readonly fakeCc: boolean;
  /** Of the stand-in. */
  readonly ccPort: number | undefined;
}

/** Prints a Procfile with all parts, or writes it with the configuration files it names. */
export async function run(
  cli: Cli,
  { write, busPort = 4222, port = 8080, fakeCc, ccPort }: ProcfileInput,
): Promise<void> {
  if (ccPort !== undefined && !fakeCc) {
    throw new ActionableError('USAGE', '--cc-port is the port of a stand-in.', 'Add `--fake-cc`, or leave it out.');
  }
  const directory = write === undefined ? undefined : resolve(cli.workingDirectory, write);
  const standIn = fakeCc ? (ccPort ?? 9292) : undefined;
  const settings = { directory, busPort, port, ccPort: standIn, command: commandName(cli.env) };
  const procfile = procfileFor(settings);
  if (directory === undefined) {
    cli.out.raw(procfile);
    return;
  }
  const files = { ...configFilesFor({ ...settings, directory }), Procfile: procfile };
  try {
    await mkdir(directory, { recursive: true });
    const inTheWay = (await readdir(directory)).find((name) => name in files);
    if (inTheWay !== undefined) throw Object.assign(new Error(`${inTheWay} is there already`), { code: 'EEXIST' });
    for (const [name, content] of Object.entries(files))
      await writeFile(join(directory, name), content, { flag: 'wx' });
  } catch (cause) {
    throw notWritten(directory, cause);
  }
  for (const name of Object.keys(files)) cli.out.line(join(directory, name));
}

function notWritten(directory: string, cause: unknown): ActionableError {
  if (systemCodeOf(cause) === 'EEXIST') {
    const message = `Something is in the way in ${directory}: ${messageOf(cause)}.`;
    return new ActionableError('TAKEN', message, 'Name a directory without such files: none is replaced.', { cause });
  }
  const message = `The files cannot be written to ${directory}: ${messageOf(cause)}.`;
  return new ActionableError('NOT_PERMITTED', message, 'Name a directory that can be written to.', { cause });
}
