import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const runner = join(dirname(fileURLToPath(import.meta.url)), 'run-and-compile.cjs');
const limitMs = 30_000;
/** The smallest app. */
const server = `require('node:http').createServer((_, response) => response.end()).listen(process.env.PORT);\n`;

/**
 * Runs new bundles once and keeps the functions which V8 compiled on the way: those of a whole start where the platform
 * starts here, and of a push there; else (there is no nats-server, say) those of the shortest command.
 * @param bundles names of files in `fresh`, without `.cjs`: the whole program, and what asks it
 * @param place where they will lie
 * @throws Error when not even that one runs
 */
export async function compileAhead(bundles, fresh, place) {
  const scratch = mkdtempSync(join(tmpdir(), 'localpaas-build-'));
  const [home, app] = [join(scratch, 'home'), join(scratch, 'app')];
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(app);
  writeFileSync(join(app, 'app.js'), server);
  const compiling = (name) => [join(fresh, `${name}.cjs`), join(fresh, `${name}.cache`), join(place, `${name}.cjs`)];
  const [whole, ...others] = bundles;
  try {
    const up = ['up', '--json', '--port', '0', '--bus-port', '0', '--home', home];
    const push = () => Promise.all(others.map((name) => run([...compiling(name), 'push', app, '--home', home])));
    const until = /"event":\s*"ready"/;
    const start = await run([...compiling(whole), ...up], { until });
    if (start.code === 0) {
      // Not in the first run: a start would have to read what only a push needs.
      const [bundle, , file] = compiling(whole);
      if (others.length > 0) await run([bundle, join(scratch, 'not-kept'), file, ...up], { until, meanwhile: push });
      return;
    }
    for (const name of bundles) {
      const { code, complaint } = await run([...compiling(name), '--version']);
      if (code !== 0) throw new Error(`the new bundle does not run: ${complaint}`);
    }
    const [reason] = start.complaint.split('\n');
    console.error(`The platform does not start here (${reason}), so it is compiled when it starts.`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs until the program ends by itself, or is asked to because it printed `until`, and something was done `meanwhile`. */
async function run(args, { until, meanwhile = async () => {} } = {}) {
  const child = spawn(process.execPath, [runner, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const text = { stdout: '', stderr: '' };
  let isReady = false;
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (data) => {
      text[name] += data;
      if (isReady || !until?.test(text.stdout)) return;
      isReady = true;
      meanwhile().finally(() => child.kill('SIGTERM'));
    });
  }
  const [code, signal] = await new Promise((resolve) => child.once('close', (...end) => resolve(end)));
  clearTimeout(limit);
  return { code, complaint: signal === 'SIGKILL' ? `not ready after ${limitMs / 1000} s` : text.stderr.trim() };
}
