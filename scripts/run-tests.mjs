/**
 * Runs every `*.spec.ts` below `test/`, each in its own process, and ends with the line `N passed, N failed`.
 *
 *     node scripts/run-tests.mjs [--root <directory>] [--limit-ms <number>] [--leave-ms <number>] [pattern…]
 *
 * `--limit-ms` is how long a file may take; `--leave-ms` how long it may go on living after its last test, and its
 * children after the file.
 *
 * A pattern is a piece of a path or a regular expression; a file is run when one of them matches. What uvu lets pass is
 * a failure here: no file matches, a file without a test, a skipped test, a crash, a hang, something left running.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/** How long a child has between SIGTERM and SIGKILL. */
const graceMs = 1_000;

/** npm passes on the Ctrl-C which the terminal sent here already: two signals so close are one. */
const sameSignalMs = 500;

const running = new Set();
let interruptedBy;
let interruptedAt;

process.exitCode = await main();

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      root: { type: 'string', default: 'test' },
      'limit-ms': { type: 'string', default: '120000' },
      'leave-ms': { type: 'string', default: '3000' },
    },
  });
  const limits = { limitMs: Number(values['limit-ms']), leaveMs: Number(values['leave-ms']) };
  const files = specsBelow(values.root).filter((file) => matches(file, positionals));
  if (files.length === 0) {
    console.log(`No spec below ${values.root}${sep} matches ${positionals.join(' ') || '*.spec.ts'}.`);
    return summary([{ file: '(nothing matched)', passed: 0, failed: 1 }]);
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt(signal));
  return summary(await runAll(files, limits));
}

function specsBelow(root) {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => join(root, name))
    .sort(scenariosFirst);
}

/** The long ones first: a short one at the end keeps all processors busy. */
function scenariosFirst(a, b) {
  const isStory = (file) => file.includes(`${sep}scenarios${sep}`);
  return Number(isStory(b)) - Number(isStory(a)) || (a < b ? -1 : 1);
}

function matches(file, patterns) {
  return (
    patterns.length === 0 ||
    patterns.some((pattern) => file.includes(pattern) || regularExpression(pattern)?.test(file))
  );
}

function regularExpression(pattern) {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined; // a path with brackets is a pattern too, and was compared as text already
  }
}

async function runAll(files, limits) {
  const queue = [...files];
  const results = [];
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = interruptedBy ? { file, passed: 0, failed: 1, why: 'not run' } : await runFile(file, limits);
      if (!interruptedBy) report(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, worker));
  return results;
}

async function runFile(file, limits) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    detached: true, // a group of its own, so that whatever it leaves can be ended with it
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  running.add(child);
  const life = await lifeOf(child, limits);
  running.delete(child);
  return judge(file, { ...life, ms: Math.round(performance.now() - startedAt) });
}

/** Waits until the child and its group are gone, at the latest after `limitMs`; tells what it printed and what was wrong. */
async function lifeOf(child, { limitMs, leaveMs }) {
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: String(error) }));
    child.once('exit', (code, signal) => resolve({ code: code ?? signal }));
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const output = collect(child);
  const patience = new AbortController();
  const limit = sleep(limitMs, `was still running after ${limitMs} ms`, { signal: patience.signal });
  const overtime = output.lastTest
    .then(() => sleep(leaveMs, undefined, { signal: patience.signal }))
    .then(() => `did not end within ${leaveMs} ms of its last test: something it opened is still open`);
  for (const wait of [limit, overtime]) wait.catch(() => {}); // it ended in time

  let complaint = await Promise.race([exited.then(() => undefined), limit, overtime]);
  patience.abort();
  if (complaint !== undefined) await end(child.pid);
  const { code } = await exited;
  if (child.pid !== undefined && !(await groupEnds(child.pid, leaveMs))) {
    complaint ??= 'left a process of its own running';
    await end(child.pid);
  }
  // A grandchild in a group of its own may hold the pipes for ever.
  if ((await Promise.race([closed, sleep(leaveMs, 'held', { ref: false })])) === 'held') {
    complaint ??= 'ended, but a process it started holds its output open';
    for (const stream of [child.stdout, child.stderr]) stream.destroy();
  }
  return { code, output: output.text(), complaint };
}

/** What the child prints; `lastTest` resolves when that has uvu's closing lines. */
function collect(child) {
  let text = '';
  let resolve;
  const lastTest = new Promise((done) => {
    resolve = done;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (data) => {
      text += data;
      if (tally(text.slice(-2_000), 'Total') !== undefined) resolve();
    });
  }
  return { text: () => text, lastTest };
}

/** Whether a member of the process group still runs; one that ended and was not collected yet does not. */
function isGroupAlive(groupId) {
  try {
    process.kill(-groupId, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isMember(name, groupId));
}

function isMember(pid, groupId) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === groupId && state !== 'Z' && state !== 'X';
  } catch {
    return false; // it ended while we looked
  }
}

async function groupEnds(pid, limitMs) {
  for (const endsAt = performance.now() + limitMs; ; await sleep(20)) {
    if (!isGroupAlive(pid)) return true;
    if (performance.now() > endsAt) return false;
  }
}

/** SIGTERM to the child's whole group, SIGKILL when that is not enough. */
async function end(pid) {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    signalGroup(pid, signal);
    if (await groupEnds(pid, graceMs)) return;
  }
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // it ended by itself meanwhile
  }
}

/** The sum of uvu's closing lines of this name; `undefined` when it printed none. */
function tally(output, name) {
  const found = [...output.matchAll(new RegExp(`^ {2}${name}: +(\\d+)$`, 'gm'))];
  return found.length === 0 ? undefined : found.reduce((sum, [, digits]) => sum + Number(digits), 0);
}

function judge(file, { code, output, complaint, ms }) {
  const total = tally(output, 'Total');
  const passed = tally(output, 'Passed') ?? 0;
  const skipped = tally(output, 'Skipped') ?? 0;
  const reasons = [
    complaint,
    code !== 0 && complaint === undefined && !(passed < total) ? `ended with ${exitOf(code)}` : undefined,
    total === undefined && complaint === undefined ? 'reported no result' : undefined,
    total === 0 ? 'has no test' : undefined,
    skipped > 0 ? `skips ${skipped} of its tests` : undefined,
    total !== undefined && passed < total ? `${total - passed} of ${total} failed` : undefined,
  ].filter((reason) => reason !== undefined);
  if (reasons.length === 0) return { file, passed, failed: 0, ms };
  return { file, passed, failed: Math.max(1, (total ?? 0) - passed + skipped), ms, why: reasons.join('; '), output };
}

function exitOf(code) {
  return typeof code === 'number' ? `exit code ${code}` : code;
}

function report({ file, passed, ms, why, output }) {
  if (why === undefined) console.log(`ok   ${file} (${passed} in ${ms} ms)`);
  else console.log(`FAIL ${file}: ${why}\n${(output ?? '').trimEnd().replaceAll(/^/gm, '     | ')}`);
}

function summary(results) {
  const bad = results.filter(({ failed }) => failed > 0);
  if (interruptedBy) console.log(`\nStopped by ${interruptedBy}; the files which did not finish count as failed.`);
  if (bad.length > 0)
    console.log(`\nFailing:\n${bad.map(({ file, why }) => `  ${file}${why ? `: ${why}` : ''}`).join('\n')}`);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  if (interruptedBy) return interruptedBy === 'SIGINT' ? 130 : 143;
  return bad.length > 0 ? 1 : 0;
}

/** The first signal asks the children to end, a second one does not ask. */
function interrupt(signal) {
  if (interruptedBy && performance.now() - interruptedAt < sameSignalMs) return;
  for (const child of running) {
    if (interruptedBy) signalGroup(child.pid, 'SIGKILL');
    else void end(child.pid);
  }
  interruptedBy ??= signal;
  interruptedAt ??= performance.now();
}
