import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $, within } from 'zx';
import { drawTerminal } from './pictures/draw-terminal.ts';
import { screenOf } from './pictures/terminal.ts';

/**
 * Draws the README's picture from what the program really prints: a platform is started, an app is pushed, and the
 * terminal's content becomes an SVG. Needs `script` (util-linux), which gives the program a terminal.
 */
const project = join(import.meta.dirname, '..');
const program = `${process.execPath} ${join(project, 'dist', 'localpaas.cjs')}`;
const home = await mkdtemp(join(tmpdir(), 'localpaas-picture-'));
const env = {
  ...process.env,
  LOCALPAAS_HOME: join(home, '.localpaas'),
  TERM: 'xterm-256color',
  COLUMNS: '90',
  CI: undefined,
};

/** What a command prints on a terminal. */
async function shot(command: string): Promise<string> {
  const file = join(home, 'typescript');
  await $({
    env,
    cwd: project,
    quiet: true,
    nothrow: true,
  })`script -qec ${`stty cols 90; ${program} ${command}`} ${file}`;
  const { stdout } = await $({ quiet: true })`cat ${file}`;
  return stdout.replace(/^Script started.*\n/, '').replace(/\n?Script done.*\n?$/, '');
}

await within(async () => {
  const platform = $({
    env,
    cwd: project,
    quiet: true,
    nothrow: true,
  })`${process.execPath} dist/localpaas.cjs up --json`;
  try {
    for await (const chunk of platform.stdout) if (String(chunk).includes('"ready"')) break;
    const commands = ['push sample-apps/hello-node', 'scale hello-node -i 3', 'apps'];
    let screen = '';
    for (const command of commands) screen += `\u001b[32m$\u001b[39m localpaas ${command}\n${await shot(command)}\n`;
    const text = screen.replaceAll(home, '~').replaceAll(`${project}/`, '');
    await writeFile(join(project, 'docs', 'terminal.svg'), drawTerminal('localpaas', screenOf(text.trimEnd())));
  } finally {
    platform.child?.kill('SIGTERM');
    await platform;
    await rm(home, { recursive: true, force: true });
  }
});
