import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Child, startChild } from '#ground/child.ts';
import { sha256Of } from '#ground/digest.ts';
import { ActionableError, messageOf, systemCodeOf } from '#ground/errors.ts';
import { within } from '#ground/wait.ts';
import { CarriedFiles, openSource, type Source } from '#packaging/carried-files.ts';
import { type Build, buildOf, headBytes, isSameBuild, kindOf } from './machine.ts';

/** A localpaas that was found to be whole and to run here. */
export interface Checked {
  readonly version: string;
  /** Tells one build from another. */
  readonly id: string;
}

const versionLimitMs = 60_000; // a small board reads 110 MB from its card for this
const pieceBytes = 4 * 1024 * 1024;

export function isAddress(text: string): boolean {
  return /^[a-z]+:\/\//.test(text);
}

/** @throws ActionableError BAD_INPUT, when this is no file that could be installed */
export async function checkFile(path: string, installed: string): Promise<void> {
  if (isAddress(path)) throw bad(`${path} is an address.`, 'Fetch the file first, and name it then.');
  try {
    const [found, own] = await Promise.all([stat(path), stat(installed)]);
    if (found.isDirectory()) throw bad(`${path} is a directory.`, 'Name the executable in it.');
    if (!found.isFile()) throw bad(`${path} is no regular file.`, 'Name the executable of the new version.');
    if (found.dev === own.dev && found.ino === own.ino) {
      throw bad(`${path} is the installed executable itself.`, 'Name the executable of the new version.');
    }
    await access(path, constants.R_OK);
  } catch (error) {
    if (error instanceof ActionableError) throw error;
    throw bad(`${path} cannot be read: ${messageOf(error)}.`, 'Name the executable of the new version.', error);
  }
}

/** @throws ActionableError BAD_INPUT when it is for another machine, or no executable at all */
export async function checkMachine(path: string, machine: Build | undefined): Promise<void> {
  if (machine === undefined) return; // not Linux: whether it runs shows when it is run
  const head = await headOf(path);
  const build = buildOf(head);
  if (build === undefined) {
    throw bad(`${path} is not an executable: it is ${kindOf(head)}.`, `Get the build for ${machine.machine}.`);
  }
  if (isSameBuild(build, machine)) return;
  throw bad(
    `${path} is the build for ${build.machine}; this machine is ${machine.machine}.`,
    `Get the build for ${machine.machine}.`,
  );
}

/** The machine that the running program was built for. */
export async function ownMachine(): Promise<Build | undefined> {
  return process.platform === 'linux' ? buildOf(await headOf('/proc/self/exe')) : undefined;
}

/**
 * Checks every byte of an executable, and runs it.
 * @param path of what is checked @param name what to call it
 * @throws ActionableError BAD_INPUT
 */
export async function checkWhole(
  path: string,
  { name, env, signal }: { name: string; env: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<Checked> {
  const again = 'Get it again, and compare it with SHA256SUMS: `sha256sum --check --ignore-missing SHA256SUMS`.';
  let id: string;
  try {
    id = await checkBytes(openSource(path), signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = messageOf(error).replace(/^This localpaas is damaged: |\.$/g, '');
    throw bad(`${name} is no localpaas, or is damaged: ${why}.`, again, error);
  }
  try {
    return { id, version: await askVersion(path, env) };
  } catch (error) {
    throw bad(`${name} does not run on this machine: ${messageOf(error)}.`, again, error);
  }
}

async function checkBytes(source: Source, signal: AbortSignal): Promise<string> {
  const files = new CarriedFiles(source);
  const { node, files: carried } = files.index;
  const hash = createHash('sha256');
  for (let at = 0; at < files.at; at += pieceBytes) {
    signal.throwIfAborted();
    hash.update(await source.read(at, Math.min(pieceBytes, files.at - at)));
  }
  if (hash.digest('hex') !== node.sha256) throw new Error('its Node is not as it was built');
  for (const name of Object.keys(carried)) {
    if (sha256Of(...(await files.read(name))) !== files.sha256(name)) throw new Error(`its part '${name}' is another`);
  }
  return files.id;
}

async function askVersion(path: string, env: Readonly<Record<string, string>>): Promise<string> {
  await using child = await startVersion(path, env);
  const [said, complained, exit] = await within(
    versionLimitMs,
    'its version',
    Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]),
  );
  const version = /^localpaas (\d+\.\d+\.\d+\S*)\n$/.exec(said)?.[1];
  if (version !== undefined) return version;
  const [first = ''] = (complained.trim() || said.trim()).split('\n');
  if (exit.signal !== null) throw new Error(`it was ended by ${exit.signal}`);
  throw new Error(first === '' ? `it ended with exit code ${exit.code}` : `it said '${first.slice(0, 200)}'`);
}

async function startVersion(program: string, env: Readonly<Record<string, string>>): Promise<Child> {
  try {
    return await startChild({ program, args: ['--version'], env, stdio: ['ignore', 'pipe', 'pipe'], graceMs: 100 });
  } catch (error) {
    throw new Error(systemCodeOf(error) ?? messageOf(error), { cause: error });
  }
}

async function textOf(stream: Child['stdout']): Promise<string> {
  return stream === null ? '' : text(stream);
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function bad(message: string, remedy: string, cause?: unknown): ActionableError {
  return new ActionableError('BAD_INPUT', message, remedy, { cause });
}
