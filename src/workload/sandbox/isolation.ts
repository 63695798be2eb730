import { readFileSync } from 'node:fs';
import { messageOf } from '#ground/errors.ts';
import { bubblewrap } from './bubblewrap.ts';
import { isRoot } from './is-root.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from './open-sandbox.ts';
import { probe } from './probe.ts';
import { findTools, ToolMissing, type Tools } from './tools.ts';
import { unshare } from './unshare.ts';

/** Level 2: programs have a sandbox. */
export interface Isolated {
  readonly level: 2;
  readonly by: 'bubblewrap' | 'unshare';
  /** @throws Error with what the tools said */
  open(options: SandboxOptions): Promise<Sandbox>;
}

/** Level 0: programs can do what the user can. */
export interface NotIsolated {
  readonly level: 0;
  /** Why no sandbox can be had, as a sentence. */
  readonly reason: string;
  /** How one could, as a sentence. */
  readonly remedy: string;
}

let known: Promise<Isolated | NotIsolated> | undefined;

/** Which level this machine has for this user. Found out by trying, once, when it is asked for the first time. */
export function isolationHere(): Promise<Isolated | NotIsolated> {
  known ??= found();
  return known;
}

async function found(): Promise<Isolated | NotIsolated> {
  if (process.platform !== 'linux') {
    return { level: 0, reason: 'Only Linux has what a sandbox is made of.', remedy: 'Push only what you trust.' };
  }
  const tools = findTools(process.env['PATH'] ?? '');
  const reasons: string[] = [];
  for (const kind of [bubblewrap, unshare]) {
    try {
      await probe(kind, tools);
      return { level: 2, by: kind.name, open: (options) => openSandbox(kind, tools, options) };
    } catch (error) {
      reasons.push(`${kind.name}: ${error instanceof ToolMissing ? error.message : firstLine(messageOf(error))}`);
    }
  }
  return {
    level: 0,
    reason: `No sandbox can be made here (${reasons.join('; ')}).`,
    remedy: remedyFor(reasons, tools),
  };
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

/** Settings of the kernel that keep ordinary users from making sandboxes, and what allows it. */
const switches = [
  { name: 'kernel.apparmor_restrict_unprivileged_userns', closed: '1', open: '0' },
  { name: 'kernel.unprivileged_userns_clone', closed: '0', open: '1' },
  { name: 'user.max_user_namespaces', closed: '0', open: '10000' },
];

function remedyFor(reasons: readonly string[], tools: Tools): string {
  if (isRoot) {
    return 'In a container, root is not root enough: give it CAP_SYS_ADMIN and a /proc without masks, or run localpaas outside.';
  }
  const closed = switches.find(({ name, closed: value }) => settingOf(name) === value);
  if (closed !== undefined) return `Users may make none: \`sudo sysctl -w ${closed.name}=${closed.open}\` allows it.`;
  if (reasons.every((reason) => /\bproc\b/.test(reason))) {
    return 'A part of /proc is covered here, as in many containers: run localpaas outside of it.';
  }
  if (tools.bwrap === undefined) return 'Install bubblewrap (`apt install bubblewrap`).';
  return '`bwrap --unshare-user --unshare-pid --ro-bind / / --proc /proc true` has to work for you.';
}

function settingOf(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim();
  } catch {
    return undefined; // this kernel does not have it
  }
}
