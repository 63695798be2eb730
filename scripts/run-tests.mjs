/**
 * Runs every `*.spec.ts` below `test/`, each in its own process, and ends with the line `N passed, N failed`.
 *
 *     node scripts/run-tests.mjs [--root <directory>] [--limit-ms <number>] [--leave-ms <number>] [pattern…]
 *
 * `--limit-ms` is how long a file may take; `--leave-ms` how long it may go on living after its last test, and its
 * children after the file.
 *
 * A pattern is a piece of a path or a regular expression; a file is run when one of them matches. Those in `executables/`
 * and `bare/` need what `npm run package` makes, those in `browser/` a Chromium; they are run when a pattern has that word.
 * What uvu lets pass is a failure here: no file matches, a file without a test, a skipped test, a crash, a hang, something
 * left running.
 */
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { endGroup, signalGroup } from './run-tests/process-group.mjs';
import { runFile } from './run-tests/run-file.mjs';

/** npm passes on the Ctrl-C which the terminal sent here already: two signals so close are one. */
const sameSignalMs = 500;

/** Folders of specs that are run only when they are named. */
const onRequest = ['executables', 'bare', 'browser'];

/** Specs wait more than they compute: so many files at once keep the processors busy. */
const filesAtOnce = Math.ceil(availableParallelism() * 1.5);

const running = new Set();
let interruptedBy;
let interruptedAt;

process.exitCode = await main();

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      root: { type: 'string', default: 'test' },
      'limit-ms': { type: 'string', default: '300000' },
      'leave-ms': { type: 'string', default: '15000' },
    },
  });
  const limits = { limitMs: Number(values['limit-ms']), leaveMs: Number(values['leave-ms']) };
  const files = specsBelow(values.root).filter((file) => isWanted(file, values.root, positionals));
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

function isWanted(file, root, patterns) {
  const folder = onRequest.find((name) => file.startsWith(join(root, name, sep)));
  if (folder === undefined) return patterns.length === 0 || matches(file, patterns);
  return matches(
    file,
    patterns.filter((pattern) => pattern.includes(folder)),
  );
}

function matches(file, patterns) {
  return patterns.some((pattern) => file.includes(pattern) || regularExpression(pattern)?.test(file));
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
      const result = interruptedBy
        ? { file, passed: 0, failed: 1, why: 'not run' }
        : await runFile(file, limits, running);
      if (!interruptedBy) report(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce }, worker));
  return results;
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
    else void endGroup(child.pid);
  }
  interruptedBy ??= signal;
  interruptedAt ??= performance.now();
}
