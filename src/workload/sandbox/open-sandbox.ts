import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { type Child, type ChildOptions, startChild } from '#ground/child.ts';
import { processTable } from '#ground/processes.ts';
import { sleep, within } from '#ground/wait.ts';
import { insideWords, type Namespaces } from './enter.ts';
import type { HolderCommand, SandboxKind } from './holder.ts';
import { isRoot } from './is-root.ts';
import { type Layout, layoutOf } from './layout.ts';
import { thisMachine, without } from './machine.ts';
import { mountsHere } from './mounts-here.ts';
import { checkStartable } from './startable.ts';
import type { Tools } from './tools.ts';
import type { View } from './view.ts';

export interface SandboxOptions {
  readonly view: View;
  /** An empty directory for mounts to be put on. It is not removed. Nobody inside may write there. */
  readonly directory: string;
  /** How large a single file may become; as large as there is room when absent. */
  readonly maxFileBytes?: number | undefined;
}

/** Programs that run in it see only what they are meant to, and each other. Disposing it ends them all. */
export interface Sandbox extends AsyncDisposable {
  readonly maxFileBytes: number | undefined;
  /** Starts a program inside, as `startChild` does outside. */
  start(options: ChildOptions): Promise<Child>;
  /** Kills whatever runs inside. */
  clear(): Promise<void>;
}

const makingLimitMs = 30_000;
const clearingLimitMs = 30_000;
const endLimitMs = 2_000;

/**
 * Makes a sandbox of a kind.
 * @throws ToolMissing; Error with what the tools said; then nothing is left of it but files in the directory
 */
export async function openSandbox(kind: SandboxKind, tools: Tools, options: SandboxOptions): Promise<Sandbox> {
  const { points, unseen } = await mountsHere();
  const { directory, view } = options;
  const layout = layoutOf(view, directory, without(unseen, thisMachine));
  const command = kind.command(layout, { directory, tools, points });
  await prepare(layout, command);
  await using undo = new AsyncDisposableStack();
  const holder = undo.use(await startHolder(command));
  const namespaces = undo.use(await openNamespaces(holder.child.pid));
  const enter = { tools, namespaces, maxFileBytes: options.maxFileBytes };
  const resources = undo.move();
  return {
    maxFileBytes: options.maxFileBytes,
    async start(child) {
      await checkStartable(child);
      const { cwd: _, ...rest } = child;
      return startChild({ ...rest, ...insideWords(child, enter) });
    },
    clear: () => holder.clear(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function prepare({ root, entries }: Layout, { files = [], entries: more = [] }: HolderCommand): Promise<void> {
  for (const entry of [...entries, ...more]) {
    await mkdir(dirname(entry.path), { recursive: true });
    if (entry.kind === 'link') await symlink(entry.target, entry.path);
    else if (entry.kind === 'directory') await mkdir(entry.path, { recursive: true });
    else await writeFile(entry.path, '', { flag: 'a' });
  }
  for (const file of files) await writeFile(file.path, file.text);
  await chmod(root, 0o755); // a program of root may go on as another user
}

interface Holder extends AsyncDisposable {
  readonly child: Child;
  clear(): Promise<void>;
}

/** The environment of tools: nothing that an app or a user has set reaches them. */
export const toolEnvironment = { PATH: '/usr/bin:/usr/sbin:/bin:/sbin', LC_ALL: 'C' } as const;

async function startHolder({ program, args }: HolderCommand): Promise<Holder> {
  const child = await startChild({
    program,
    args,
    cwd: '/',
    env: toolEnvironment,
    stdio: ['pipe', 'pipe', 'pipe'],
    graceMs: endLimitMs,
  });
  child.stdin?.on('error', () => {}); // it has ended, as everybody who waits for it hears
  const said = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  said.catch(() => {});
  const lines = child.stdout === null ? undefined : createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async (limitMs: number) => {
    const line = await within(limitMs, 'the sandbox', Promise.resolve(lines?.next()));
    if (line?.done === false) return;
    throw new Error(reasonIn(await said) ?? 'the sandbox ended');
  };
  const end = async () => {
    child.stdin?.end();
    await Promise.race([child.exited, sleep(endLimitMs)]);
    await child[Symbol.asyncDispose]();
  };
  try {
    await answer(makingLimitMs);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    child,
    async clear() {
      child.stdin?.write('cleared\n');
      await answer(clearingLimitMs);
    },
    [Symbol.asyncDispose]: end,
  };
}

/** What the tools said last; mount says first what went wrong, and then how it is used. */
function reasonIn(said: string): string | undefined {
  const lines = said.trim().split('\n');
  const line = lines.find((each) => /denied|not permitted|No such|fail|can't|cannot/i.test(each)) ?? lines[0];
  return line === '' ? undefined : line;
}

/** Held open, the namespaces are these as long as the sandbox lasts, whoever gets the number of a process that ended. */
async function openNamespaces(parentPid: number): Promise<Namespaces & Disposable> {
  const holder = (await processTable()).find((row) => row.parentPid === parentPid);
  if (holder === undefined) throw new Error('the sandbox ended');
  const opened: number[] = [];
  const open = (name: string) => {
    const descriptor = openSync(`/proc/${holder.pid}/ns/${name}`, 'r');
    opened.push(descriptor);
    return `/proc/${process.pid}/fd/${descriptor}`;
  };
  const close = () => {
    for (const descriptor of opened.splice(0)) closeSync(descriptor);
  };
  try {
    const user = isRoot ? undefined : open('user');
    return { user, mount: open('mnt'), pid: open('pid'), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}
