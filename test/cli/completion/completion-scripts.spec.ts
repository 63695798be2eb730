import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import * as assert from 'uvu/assert';
import { commands } from '#cli/command-table.ts';
import { completionScript, shells } from '#cli/completion/completion-scripts.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { runCli } from '../run-cli.ts';

/** What bash offers for each line, whose last word is the one to complete. */
async function offers(folder: string, lines: readonly string[]): Promise<string[]> {
  const script = join(folder, 'try.bash');
  await writeFile(
    script,
    `${completionScript('bash', commands)}
localpaas() {
  [ "$*" = 'apps --names' ] && printf 'hello\\nworld\\n'
  [ "$*" = 'buildpacks --names' ] && printf 'node\\nmine\\n'
}
try() {
  COMP_WORDS=("$@")
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _localpaas
  echo "\${COMPREPLY[*]}"
}
${lines.map((line) => `try localpaas ${line}`).join('\n')}
`,
  );
  return execFileSync('bash', [script], { encoding: 'utf8', cwd: folder }).split('\n').slice(0, -1);
}

function isHere(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => existsSync(join(directory, program)));
}

describe('completion', (it) => {
  it('completes commands, options, names of apps, words and paths in bash', async (scope) => {
    const folder = await scratchDirectory(scope);
    await mkdir(join(folder, 'source'));
    await writeFile(join(folder, 'some.yml'), '');
    const cases: [line: string, offered: string][] = [
      ['resta', 'restart restage'],
      ['app he', 'hello'],
      ["app ''", 'hello world'],
      ["app hello ''", ''],
      ['push --me', '--memory'],
      ['push so', 'source'],
      ['push -i 3 so', 'source'],
      ['push --manifest so', 'some.yml source'],
      ["completion ''", 'bash zsh fish'],
      ['scale -i 3 w', 'world'],
      ["buildpacks ''", 'add update remove order enable disable rename'],
      ['buildpacks disable no', 'node'],
      ['buildpacks add mine so', 'some.yml source'],
      ['help sca', 'scale'],
      ['nonsense x', ''],
    ];

    const offered = await offers(
      folder,
      cases.map(([line]) => line),
    );

    for (const [index, [line, expected]] of cases.entries()) {
      assert.is(offered[index]?.split(' ').sort().join(' '), expected.split(' ').sort().join(' '), line);
    }
  });

  it('is understood by every shell of this machine', async (scope) => {
    const folder = await scratchDirectory(scope);
    for (const shell of shells.filter(isHere)) {
      const file = join(folder, shell);
      await writeFile(file, completionScript(shell, commands));

      execFileSync(shell, ['-n', file], { stdio: 'pipe' });
    }
  });

  it('knows every command and every option in every shell', () => {
    const options = commands.flatMap(({ takes }) =>
      Object.values(takes).map(({ syntax }) => /--([a-z-]+)/.exec(syntax)?.[1]),
    );
    for (const shell of shells) {
      const script = completionScript(shell, commands);
      for (const { name } of commands) assert.match(script, new RegExp(`\\b${name}\\b`));
      const prefix = shell === 'fish' ? '-l ' : '--';
      for (const option of options) assert.ok(option === undefined || script.includes(prefix + option), option);
    }
  });

  it('is printed by its command, for the shells it knows', async () => {
    const { exitCode, output } = await runCli(['completion', 'zsh']);
    assert.is(exitCode, 0);
    assert.is(output, completionScript('zsh', commands));

    const unknown = await runCli(['completion', 'csh']);
    assert.is(unknown.exitCode, 2);
    assert.match(unknown.messages, /There is no completion for 'csh'\.\n.*bash, zsh, fish/);
  });
});
