import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { removeTree } from '#ground/remove-tree.ts';
import { within } from '#ground/wait.ts';
import { plainBash, type SandboxKind } from './holder.ts';
import { openSandbox, toolEnvironment } from './open-sandbox.ts';
import { type Tools, tool } from './tools.ts';

const limitMs = 30_000;

/** Tries what a sandbox is for, from inside; says what did not hold. */
const script = `
cd "$1"
[ "$PPID" = 0 ] || echo 'it sees processes outside'
[ -d /proc/1 ] || echo 'it sees no processes'
echo x 2>/dev/null >seen/file && echo 'it can write where it may only read'
[ -r seen/file ] || echo 'it cannot read what it may'
[ -w / ] && echo 'it can write into /'
[ -e hidden/file ] && echo 'it sees what is hidden'
echo x 2>/dev/null >own/file || echo 'it cannot write where it may'
echo x 2>/dev/null >/tmp/file || echo 'it cannot write into /tmp'
echo x 2>/dev/null >/dev/null || echo 'it has no /dev/null'
exit 0
`;

/**
 * Makes a sandbox of a kind and tries from inside whether it holds.
 * @throws Error with what did not hold, or why there is none
 */
export async function probe(kind: SandboxKind, tools: Tools): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'localpaas-probe-'));
  const at = (name: string) => join(place, name);
  try {
    for (const name of ['sandbox', 'tmp', 'own', 'seen', 'hidden']) await mkdir(at(name));
    for (const name of ['seen', 'hidden']) await writeFile(at(`${name}/file`), '');
    const view = {
      writable: [at('own')],
      places: { '/tmp': at('tmp') },
      hidden: [place, at('hidden')],
      readable: [at('seen')],
    };
    await using sandbox = await openSandbox(kind, tools, { view, directory: at('sandbox') });
    await using child = await sandbox.start({
      program: tool(tools, 'bash'),
      args: [...plainBash, script, 'bash', place],
      env: toolEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = Promise.all([child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream))));
    const [mistakes = '', errors = ''] = await within(limitMs, 'a sandbox to be tried', said);
    const { code } = await child.exited;
    if (code !== 0) throw new Error(errors.trim().split('\n')[0] ?? `it ended with status ${code}`);
    if (mistakes !== '') throw new Error(mistakes.trim().replaceAll('\n', ', '));
  } finally {
    await removeTree(place);
  }
}
