/**
 * Pulls the plug again and again, and checks that the next start finds everything that was acknowledged; see `--help`.
 *
 *     node --import tsx scripts/plug.ts [--rounds N] [--seed N] [--program FILE] [--disk KIND]
 */
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, exitCodeOf, messageOf } from '#ground/errors.ts';
import { spreadOf } from './bench/figures.ts';
import { stopSignal } from './bench/stop-signal.ts';
import { control } from './plug/control.ts';
import { Machine } from './plug/machine.ts';
import { openDisk } from './plug/open-disk.ts';
import { type PlugOptions, parseOptions, usage } from './plug/options.ts';
import { runInOwnNamespace } from './plug/own-namespace.ts';
import { planOf, type Round } from './plug/plan.ts';
import { findProgram } from './plug/program.ts';
import { Trial } from './plug/trial.ts';

const progressEvery = 10;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof ActionableError ? `${error.message}\n${error.remedy}` : error);
  process.exitCode = exitCodeOf(error);
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, randomInt(2 ** 31));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (process.platform !== 'linux') {
    throw new ActionableError(
      'PROGRAM_NOT_FOUND',
      'Only Linux shows which process belongs to which home, and this is another system.',
      'Run it on Linux.',
    );
  }
  const outcome = await runInOwnNamespace();
  if (outcome !== undefined) return outcome;
  const stop = stopSignal();
  setMaxListeners(0, stop.signal); // many wait at the same time
  try {
    return await plug(options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode();
    throw error;
  }
}

async function plug({ rounds, seed, program, disk: kind }: PlugOptions, signal: AbortSignal): Promise<number> {
  const found = await findProgram(program);
  await using scope = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(tmpdir(), 'localpaas-plug-'));
  scope.defer(() => rm(scratch, { recursive: true, force: true, maxRetries: 5 }));
  const disk = await openDisk(scope, { kind, scratch, signal });
  console.log(`${rounds} rounds; repeat the plan with --seed ${seed}`);
  console.log(`a power cut is ${disk.method}`);
  console.log(`control: ${await control(disk)}`);

  const machine = scope.use(new Machine(disk, found, signal));
  const trial = new Trial(machine, join(scratch, 'sources'), signal);
  try {
    await trial.prepare();
    await endureAll(trial, machine, planOf(seed, rounds));
  } catch (error) {
    signal.throwIfAborted();
    trial.tally.losses.push(messageOf(error));
  }
  console.log(`\npower cuts                  ${machine.cuts}`);
  report(trial);
  if (trial.tally.losses.length === 0) return 0;
  const kept = join(tmpdir(), `localpaas-plug-${seed}`);
  await writeFile(`${kept}.changes`, `${trial.history.join('\n')}\n`);
  if (!machine.isOn) await machine.powerOn();
  await rm(kept, { recursive: true, force: true });
  await cp(trial.home, kept, { recursive: true, force: true, verbatimSymlinks: true });
  console.log(`The home is kept in ${kept}, and what was asked of it in ${kept}.changes.`);
  return 1;
}

async function endureAll(trial: Trial, machine: Machine, plan: readonly Round[]): Promise<void> {
  const { tally } = trial;
  for (const [index, round] of plan.entries()) {
    const before = tally.losses.length;
    await trial.endure(round, `round ${index + 1}`);
    for (const loss of tally.losses.slice(before)) console.log(`LOST ${loss}`);
    if ((index + 1) % progressEvery === 0 || index + 1 === plan.length) {
      const { acknowledged, unacknowledged, losses } = tally;
      const changes = `${acknowledged} changes acknowledged, ${unacknowledged} not`;
      console.log(`round ${index + 1} of ${plan.length}: ${machine.cuts} cuts, ${changes}, ${losses.length} losses`);
    }
  }
}

function report({ tally, remarks }: Trial): void {
  const { starts, losses } = tally;
  console.log(`  during a start            ${starts.before} before it was ready, ${starts.after} after`);
  console.log(`changes acknowledged        ${tally.acknowledged}`);
  console.log(`changes not acknowledged    ${tally.unacknowledged}`);
  for (const [what, times] of [
    ['ready after a cut', tally.readyMs],
    ['all apps serving', tally.servingMs],
  ] as const) {
    if (times.length === 0) continue;
    const { median, least, most } = spreadOf(times);
    console.log(`${what.padEnd(27)} ${median.toFixed(0)} ms, ${least.toFixed(0)} – ${most.toFixed(0)}`);
  }
  for (const [text, count] of remarks.all) console.log(`in the logs, ${count} times  ${text}`);
  console.log(`losses                      ${losses.length}`);
  for (const loss of losses) console.log(`  ${loss}`);
}
