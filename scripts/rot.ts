/**
 * Damages the files of a platform again and again, and checks that it comes up with everything that can be had; see
 * `--help`.
 *
 *     node --import tsx scripts/rot.ts [--rounds N] [--seed N] [--only N] [--program FILE]
 */
import { randomInt } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, exitCodeOf, messageOf } from '#ground/errors.ts';
import { stopSignal } from './bench/stop-signal.ts';
import { openSurroundings, type Surroundings } from './bench/surroundings.ts';
import { copyHome, type Damage, planDamages } from './rot/damage.ts';
import { parseOptions, type RotOptions, usage } from './rot/options.ts';
import { makePristine, type Pristine } from './rot/pristine.ts';
import { Table } from './rot/table.ts';
import { runTrial, type Verdict } from './rot/trial.ts';
import { randomFrom } from './torture/random.ts';

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
  const stop = stopSignal();
  await using scope = new AsyncDisposableStack();
  const surroundings = await openSurroundings(scope, stop.signal, options.program);
  console.log(`${options.rounds} rounds; repeat them with --seed ${options.seed}`);
  try {
    return await rot(surroundings, options);
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode();
    throw error;
  }
}

async function rot(surroundings: Surroundings, options: RotOptions): Promise<number> {
  const homes = await makePristine(surroundings);
  const table = new Table();
  for (let round = 1; round <= options.rounds; round += 1) {
    surroundings.signal.throwIfAborted();
    if (options.only !== undefined && options.only !== round) continue;
    await runRound(surroundings, { homes, table, round, options });
    if (round % progressEvery === 0) console.log(table.progress(round, options.rounds));
  }
  console.log(`\n${table.text()}`);
  return table.failures === 0 ? 0 : 1;
}

interface Round {
  readonly homes: readonly [Pristine, Pristine];
  readonly table: Table;
  readonly round: number;
  readonly options: RotOptions;
}

async function runRound(surroundings: Surroundings, { homes, table, round, options }: Round): Promise<void> {
  // Each round has a seed of its own, so that one can be run alone.
  const random = randomFrom(options.seed * 100_003 + round);
  const pristine = random.pick(homes);
  const home = join(surroundings.scratch, `round-${round}`);
  await copyHome(pristine.home, home);
  const damages = await planDamages(random, home);
  const verdict = await runTrial(surroundings, pristine, { home, damages }).catch((error: unknown) => {
    surroundings.signal.throwIfAborted();
    return failed(messageOf(error));
  });
  table.add(pristine, damages, verdict);
  if (verdict.violations.length > 0 || options.only !== undefined)
    await tell({ home, round, damages, verdict, pristine }, options);
  await rm(home, { recursive: true, force: true });
}

function failed(violation: string): Verdict {
  return { violations: [violation], readyMs: Number.NaN, wasSaid: false, differing: 0, wasRestored: false, said: [] };
}

interface Story {
  readonly home: string;
  readonly round: number;
  readonly damages: readonly Damage[];
  readonly verdict: Verdict;
  readonly pristine: Pristine;
}

async function tell({ home, round, damages, verdict, pristine }: Story, { seed }: RotOptions): Promise<void> {
  const kept = join(tmpdir(), `localpaas-rot-${seed}-${round}`);
  await rm(kept, { recursive: true, force: true });
  await cp(home, kept, { recursive: true, verbatimSymlinks: true });
  console.log(`round ${round}, of a ${pristine.name} platform; its home is kept in ${kept}`);
  for (const { path, way, at } of damages) console.log(`  ${path}: ${way} at ${at}`);
  for (const text of verdict.said) console.log(`  said: ${text}`);
  for (const violation of verdict.violations) console.log(`  FAILED ${violation}`);
}
