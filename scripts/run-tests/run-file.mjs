import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge, tally } from './judge.mjs';
import { endGroup, groupEnds } from './process-group.mjs';

/** Runs one file of specs in a process of its own, which is in the set `running` meanwhile. */
export async function runFile(file, limits, running) {
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
  if (complaint !== undefined) await endGroup(child.pid);
  const { code } = await exited;
  if (child.pid !== undefined && !(await groupEnds(child.pid, leaveMs))) {
    complaint ??= 'left a process of its own running';
    await endGroup(child.pid);
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
