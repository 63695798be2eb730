import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const runner = join(dirname(fileURLToPath(import.meta.url)), 'run-and-compile.cjs');
const limitMs = 30_000;

/**
 * Runs a new bundle once and keeps the functions which V8 compiled on the way in `cache`: those of a whole start where
 * the platform starts here, else (there is no nats-server, say) those of the shortest command.
 * @param file what the bundle will be called
 * @throws Error when not even that one runs
 */
export async function compileAhead(bundle, cache, file) {
  const home = mkdtempSync(join(tmpdir(), 'localpaas-build-'));
  try {
    const up = ['up', '--json', '--port', '0', '--bus-port', '0', '--home', home];
    const start = await run([bundle, cache, file, ...up], /"event":\s*"ready"/);
    if (start.code === 0) return;
    const { code, complaint } = await run([bundle, cache, file, '--version']);
    if (code !== 0) throw new Error(`the new bundle does not run: ${complaint}`);
    const [reason] = start.complaint.split('\n');
    console.error(`The platform does not start here (${reason}), so it is compiled when it starts.`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Runs until the program ends by itself, or is asked to because it printed `until`. */
async function run(args, until) {
  const child = spawn(process.execPath, [runner, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (data) => {
      text[name] += data;
      if (until?.test(text.stdout)) child.kill('SIGTERM');
    });
  }
  const [code, signal] = await new Promise((resolve) => child.once('close', (...end) => resolve(end)));
  clearTimeout(limit);
  return { code, complaint: signal === 'SIGKILL' ? `not ready after ${limitMs / 1000} s` : text.stderr.trim() };
}
