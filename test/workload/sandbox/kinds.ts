import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { bubblewrap } from '#workload/sandbox/bubblewrap.ts';
import type { SandboxKind } from '#workload/sandbox/holder.ts';
import { openSandbox, type Sandbox } from '#workload/sandbox/open-sandbox.ts';
import { probe } from '#workload/sandbox/probe.ts';
import { findTools } from '#workload/sandbox/tools.ts';
import { unshare } from '#workload/sandbox/unshare.ts';
import type { View } from '#workload/sandbox/view.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

export const tools = findTools(process.env['PATH'] ?? '');

/** The kinds of sandboxes this machine has for this user, and why it lacks the others. */
export async function kindsHere(): Promise<{ kinds: SandboxKind[]; reasons: string[] }> {
  const kinds: SandboxKind[] = [];
  const reasons: string[] = [];
  for (const kind of [bubblewrap, unshare]) {
    await probe(kind, tools).then(
      () => kinds.push(kind),
      (error: Error) => reasons.push(`${kind.name}: ${error.message}`),
    );
  }
  return { kinds, reasons };
}

/** A sandbox in which `own` may be written, `seen` can be read and `hidden` is not there. */
export interface TriedSandbox {
  readonly sandbox: Sandbox;
  readonly at: (name: string) => string;
  /** Runs a line of bash inside, in `own`. */
  run(line: string, options?: RunOptions): Promise<Ran>;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly program?: string;
  readonly args?: readonly string[];
}

interface Ran {
  readonly out: string;
  readonly err: string;
  /** A status, or a signal. */
  readonly ended: number | string | null;
}

const path = { PATH: '/usr/local/bin:/usr/bin:/bin' };

export async function tried(
  scope: Scope,
  kind: SandboxKind,
  { view = {}, name = 'a place', maxFileBytes }: { view?: Partial<View>; name?: string; maxFileBytes?: number } = {},
): Promise<TriedSandbox> {
  const place = join(await scratchDirectory(scope), name);
  const at = (below: string) => join(place, below);
  for (const each of ['mounts', 'own', 'tmp', 'seen', 'hidden/below']) await mkdir(at(each), { recursive: true });
  for (const each of ['seen/file', 'hidden/file']) await writeFile(at(each), 'a file');
  const sandbox = scope.use(
    await openSandbox(kind, tools, {
      directory: at('mounts'),
      view: {
        writable: [at('own')],
        places: { '/tmp': at('tmp') },
        hidden: [place, at('hidden')],
        readable: [at('seen')],
        ...view,
      },
      maxFileBytes,
    }),
  );
  return {
    sandbox,
    at,
    async run(line, { env = path, cwd = at('own'), program = 'bash', args = ['-c', line] } = {}) {
      await using child = await sandbox.start({ program, args, cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const said = Promise.all([child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream))));
      const [out = '', err = ''] = await said;
      const { code, signal } = await child.exited;
      return { out, err, ended: signal ?? code };
    },
  };
}
