import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { documents } from '../support/documents.ts';
import { freePort } from '../support/free-port.ts';
import { command, emptyHome, environmentOf } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

/** What a reader's shell has that the test's has not: `localpaas`, and jobs that `kill %1` names. */
const prologue = `set -eum -o pipefail
localpaas() { if [ "$BASH_SUBSHELL" = 0 ]; then "\${PROGRAM[@]}" "$@"; else exec "\${PROGRAM[@]}" "$@"; fi; }
stop() { kill $(jobs -p) 2> /dev/null || true; wait; }
trap 'tail -n 20 ./*.log >&2; exit 124' TERM
trap stop EXIT
set -v
`;

const word = (given: string) => `'${given.replaceAll("'", `'\\''`)}'`;

describe('the programs of Diego', (it) => {
  it(
    'can be used as docs/diego.md says',
    async (scope) => {
      const page = (await documents()).find(({ path }) => path === 'docs/diego.md');
      const blocks = (page?.blocks ?? []).filter(({ tags }) => tags.includes('tested')).map((block) => block.text);
      assert.ok(blocks.length > 6, 'there are blocks that can be run');
      const folder = await scratchDirectory(scope);
      const home = await emptyHome(scope);
      await mkdir(home, { recursive: true });
      const script = join(folder, 'blocks.bash');
      const program = `PROGRAM=(${command().map(word).join(' ')})\n`;
      await writeFile(script, program + prologue + blocks.join('\n').replaceAll('8080', String(await freePort())));

      const env = { ...(await environmentOf(home)), NO_COLOR: '1' };
      const child = spawn('bash', [script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const limit = setTimeout(() => child.kill('SIGTERM'), 90_000);
      const ended = new Promise<number | null>((done) => child.once('close', done));
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      clearTimeout(limit);

      assert.is(await ended, 0, `${out}\n${err}`);
      assert.match(out, /-----> A toy\n/);
      assert.match(out, /command +node server\.js\n/);
    },
    { timeoutMs: 120_000 },
  );
});
