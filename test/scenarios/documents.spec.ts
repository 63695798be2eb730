import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { commands } from '#cli/command-table.ts';
import { documents } from '../support/documents.ts';
import { command, emptyHome, environmentOf } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const projectDirectory = resolve(import.meta.dirname, '..', '..');

/**
 * What stands before the blocks of a document: `localpaas` is the program that is tested. Its `up` takes other ports and
 * leaves the terminal to what follows when it is ready.
 */
const prologue = `set -eu -o pipefail
localpaas() {
  if [ "$1" != up ]; then "\${PROGRAM[@]}" "$@"; return; fi
  shift
  : > "$HOME/up.out"
  "\${PROGRAM[@]}" up --json --port 0 --bus-port 0 "$@" >> "$HOME/up.out" 2> "$HOME/up.err" &
  up=$!
  until grep -q '"ready"' "$HOME/up.out"; do kill -0 "$up" || { cat "$HOME/up.err" >&2; exit 1; }; sleep 0.02; done
  PORT=$(sed -n 's/.*"url": *"http:[^"]*:\\([0-9]*\\)".*/\\1/p' "$HOME/up.out")
}
stop() { if [ -n "\${up:-}" ]; then kill "$up" 2> /dev/null || true; fi; wait; }
trap 'exit 124' TERM
trap stop EXIT
set -v
`;

const limitMs = 90_000;

/** A text that bash takes for one word. */
const word = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

async function runBlocks(scope: Scope, blocks: readonly string[]): Promise<{ code: number | null; said: string }> {
  const home = await emptyHome(scope);
  const folder = await scratchDirectory(scope);
  const userHome = join(folder, 'user');
  await mkdir(userHome);
  const script = join(folder, 'blocks.bash');
  const program = `PROGRAM=(${command().map(word).join(' ')})\n`;
  const body = blocks.map((block) => block.replaceAll(':8080', ':$PORT')).join('\n');
  await writeFile(script, program + prologue + body);
  await chmod(script, 0o700);
  const env = { ...(await environmentOf(home)), HOME: userHome, NO_COLOR: '1' };
  const child = spawn('bash', [script], { cwd: userHome, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // What was said until then tells where it hangs.
  const limit = setTimeout(() => child.kill('SIGTERM'), limitMs);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  clearTimeout(limit);
  return { code: await ended, said: `${out}\n${err}` };
}

/** The options a command takes, with those that every command has. */
function optionsOf(name: string): readonly string[] {
  const found = commands.find((each) => each.name === name);
  const own = Object.values(found?.takes ?? {}).flatMap(
    ({ syntax }) => syntax.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? [],
  );
  return [...own, '--home', '--help'];
}

/** What a line of a shell block asks of localpaas that it does not have. */
function wrongIn(line: string): string[] {
  const [, name, rest = ''] = /^(?:sudo )?(?:npx )?localpaas ([a-z-]+)((?:[^#|>]|#\S)*)/.exec(line) ?? [];
  if (name === undefined || name === 'help') return [];
  const found = commands.find((each) => each.name === name);
  if (found === undefined) return [`there is no command ${name}`];
  if (found.readsItself) return [];
  const options = rest.match(/(?<=\s)--?[a-z][a-z-]*/g) ?? [];
  return options.filter((option) => !optionsOf(name).includes(option)).map((option) => `${name} takes no ${option}`);
}

describe('documents', (it) => {
  for (const path of [
    'docs/buildpacks.md',
    'docs/deployments.md',
    'docs/processes-and-tasks.md',
    'docs/raspberry-pi.md',
  ]) {
    it(
      `say what is true in ${path}`,
      async (scope) => {
        const page = (await documents()).find((each) => each.path === path);
        const blocks = (page?.blocks ?? []).filter(({ tags }) => tags.includes('tested')).map(({ text }) => text);
        assert.ok(blocks.length > 3, 'there are blocks that can be run');

        const { code, said } = await runBlocks(scope, blocks);

        assert.is(code, 0, said);
      },
      { timeoutMs: 120_000 },
    );
  }

  it('name commands and options that there are', async () => {
    for (const { path, blocks } of await documents()) {
      for (const { text, line: first } of blocks.filter(({ tags }) => tags[0] === 'sh')) {
        const wrong = text
          .split('\n')
          .flatMap((line, index) => wrongIn(line).map((what) => `${path}:${first + index}: ${what}`));
        assert.equal(wrong, []);
      }
    }
  });

  it('lead to pages that there are', async () => {
    for (const { path, text } of await documents()) {
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s#]+)(?:#[\w-]+)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        assert.ok(existsSync(join(projectDirectory, dirname(path), target)), `${path} leads to ${target}`);
      }
    }
  });
});
