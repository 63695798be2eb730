/**
 * Measures localpaas, as it is built, against the bare work and against other programs; see `--help`.
 *
 *     node --import tsx scripts/bench.ts [--rounds N] [--only up,push] [--install-peers] [--program FILE] [--out DIR] [--page]
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, exitCodeOf, messageOf } from '#ground/errors.ts';
import { writeFileDurably } from '#ground/files.ts';
import { type Benchmark, measure } from './bench/benchmark.ts';
import { commandLine } from './bench/command-line.ts';
import type { Result } from './bench/figures.ts';
import { describeMachine, type Machine } from './bench/machine.ts';
import { memory } from './bench/memory.ts';
import { type BenchmarkName, type BenchOptions, parseOptions, usage } from './bench/options.ts';
import { peers } from './bench/peers.ts';
import { publish } from './bench/publish.ts';
import { push } from './bench/push.ts';
import { recovery } from './bench/recovery.ts';
import { pageOf, tableOf } from './bench/report.ts';
import { rollback } from './bench/rollback.ts';
import { router } from './bench/router.ts';
import { routes } from './bench/routes.ts';
import { sandbox } from './bench/sandbox.ts';
import { stage } from './bench/stage.ts';
import { stopSignal } from './bench/stop-signal.ts';
import { openSurroundings, project, type Surroundings } from './bench/surroundings.ts';
import { up } from './bench/up.ts';
import { warmUp } from './bench/warm-up.ts';
import { watch, watchManyFiles } from './bench/watch.ts';

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof ActionableError ? `${error.message}\n${error.remedy}` : error);
  process.exitCode = exitCodeOf(error);
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.page) {
    for (const file of await publish(project, resolve(project, options.out))) console.log(`Written: ${file}`);
    return 0;
  }
  return await run(options);
}

/** Measures, and writes down what was measured. @returns the exit code */
async function run(options: BenchOptions): Promise<number> {
  const stop = stopSignal();
  await using scope = new AsyncDisposableStack();
  const surroundings = await openSurroundings(scope, stop.signal, options.program);
  await warmUp(surroundings);
  const machine = describeMachine(surroundings);
  for (const [name, value] of Object.entries(machine)) console.log(`${name}: ${value}`);

  const benchmarks = benchmarksOf(options);
  const results: Result[] = [];
  let failures = 0;
  for (const benchmark of benchmarks) {
    const result = await resultOf(benchmark, surroundings, options);
    if (stop.signal.aborted) return stop.exitCode();
    if (result === undefined) failures += 1;
    else results.push(result);
  }
  if (results.length > 0) await write(resolve(surroundings.project, options.out), machine, results);
  return failures > 0 ? 1 : 0;
}

function benchmarksOf({ only, installPeers }: BenchOptions): Benchmark[] {
  const all: Record<BenchmarkName, Benchmark> = {
    up,
    push,
    sandbox,
    watch: watch({ install: installPeers }),
    'watch-many-files': watchManyFiles({ install: installPeers }),
    rollback,
    stage,
    recovery,
    memory,
    'command-line': commandLine,
    router,
    routes,
    peers: peers({ install: installPeers }),
  };
  return only.map((name) => all[name]);
}

/** What one benchmark measured, which is printed then; `undefined` when something did not work, which is told. */
async function resultOf(
  benchmark: Benchmark,
  surroundings: Surroundings,
  { rounds }: BenchOptions,
): Promise<Result | undefined> {
  const onRound = (round: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${benchmark.name}: round ${round} of ${rounds}\u001b[K`);
  };
  try {
    await using scope = new AsyncDisposableStack();
    const result = await measure(benchmark, surroundings, scope, { rounds, onRound });
    clearProgress();
    console.log(`\n${tableOf(result)}`);
    return result;
  } catch (error) {
    clearProgress();
    if (!surroundings.signal.aborted) console.error(`\n${benchmark.name} did not work: ${messageOf(error)}`);
    return undefined;
  }
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

async function write(directory: string, machine: Machine, results: readonly Result[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFileDurably(join(directory, 'results.json'), `${JSON.stringify({ machine, results }, null, 2)}\n`, 0o644);
  await writeFileDurably(join(directory, 'results.md'), pageOf(machine, results), 0o644);
  console.log(`\nWritten to results.json and results.md in ${directory}.`);
}
