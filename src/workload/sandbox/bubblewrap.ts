import { holdScript, plainBash, type SandboxKind } from './holder.ts';
import { isRoot } from './is-root.ts';
import type { Mount } from './layout.ts';
import { settingsOfMachine } from './machine.ts';
import { tool } from './tools.ts';

/** bubblewrap makes the sandbox. */
export const bubblewrap: SandboxKind = {
  name: 'bubblewrap',
  command({ root, mounts }, { tools }) {
    // Root inside is the user outside: what is mounted for terminals has to belong to a root.
    const user = isRoot ? [] : ['--unshare-user', '--uid', '0', '--gid', '0'];
    const args = [
      ...user,
      ...['--unshare-pid', '--as-pid-1', '--die-with-parent'],
      ...['--ro-bind', root, '/'],
      ...mounts.flatMap(wordsFor),
      ...['--chdir', '/', '--', tool(tools, 'bash'), ...plainBash, holdScript],
    ];
    return { program: tool(tools, 'bwrap'), args };
  },
};

function wordsFor(mount: Mount): string[] {
  if (mount.kind === 'proc') {
    return ['--proc', mount.at, ...settingsOfMachine().flatMap((path) => ['--ro-bind', path, path])];
  }
  if (mount.kind === 'dev') return ['--dev', mount.at];
  return [mount.isWritable ? '--bind' : '--ro-bind', mount.from, mount.at];
}
