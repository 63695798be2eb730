/**
 * Kills the platform again and again, and checks that nothing acknowledged is lost; see `--help`.
 *
 *     node --import tsx scripts/torture.ts [--kills N | --redeploys N] [--seed N] [--apps N]
 */
import { randomInt } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, exitCodeOf, messageOf } from '#ground/errors.ts';
import { spreadOf } from './bench/figures.ts';
import { stopSignal } from './bench/stop-signal.ts';
import { openSurroundings, type Surroundings } from './bench/surroundings.ts';
import { parseOptions, type TortureOptions, usage } from './torture/options.ts';
import { planOf, type Victim } from './torture/plan.ts';
import { Platform } from './torture/platform.ts';
import { redeploy } from './torture/redeploys.ts';
import { Siege, type Tally } from './torture/siege.ts';

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
      'Only Linux shows which process belongs to which app, and this is another system.',
      'Run it on Linux.',
    );
  }
  const stop = stopSignal();
  await using scope = new AsyncDisposableStack();
  const surroundings = await openSurroundings(scope, stop.signal);
  const isOfDeploys = options.redeploys > 0;
  const what = isOfDeploys
    ? `${options.redeploys} redeploys, about ${options.broken} of them broken`
    : `${options.kills} kills, ${options.apps} apps`;
  console.log(`${what}; repeat the plan with --seed ${options.seed}`);
  try {
    return await (isOfDeploys ? redeployAll(surroundings, options) : torture(surroundings, options));
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode();
    throw error;
  }
}

async function torture(surroundings: Surroundings, options: TortureOptions): Promise<number> {
  const home = join(surroundings.scratch, 'home');
  let tally: Tally | undefined;
  try {
    await using platform = await Platform.start(surroundings, home);
    const siege = new Siege(platform, surroundings.signal);
    tally = siege.tally;
    await siege.prepare(options.apps, surroundings.scratch);
    await endureAll(siege, options);
    await siege.compareEnvironments();
  } catch (error) {
    surroundings.signal.throwIfAborted();
    tally?.losses.push(messageOf(error));
    if (tally === undefined) throw error;
  }
  report(tally);
  if (tally.losses.length === 0) return 0;
  const kept = join(tmpdir(), `localpaas-torture-${options.seed}`);
  await cp(home, kept, { recursive: true });
  console.log(`The home is kept in ${kept}.`);
  return 1;
}

async function redeployAll(surroundings: Surroundings, options: TortureOptions): Promise<number> {
  await using platform = await Platform.start(surroundings, join(surroundings.scratch, 'home'));
  const tally = await redeploy(platform, surroundings.scratch, options, (done, { requests, failures, outdated }) => {
    if (done % progressEvery !== 0 && done !== options.redeploys) return;
    const wrong = `${failures.length} failed, ${outdated.length} outdated`;
    console.log(`redeploy ${done} of ${options.redeploys}: ${requests} requests, ${wrong}`);
  });
  const { median, least, most } = spreadOf(tally.servingMs);
  console.log(`\nversions deployed           ${tally.deployed}`);
  console.log(`versions given up           ${tally.givenUp}`);
  console.log(`push until it serves        ${median.toFixed(0)} ms, ${least.toFixed(0)} – ${most.toFixed(0)}`);
  console.log(`requests                    ${tally.requests}, the longest took ${tally.longestMs.toFixed(0)} ms`);
  console.log(`failed requests             ${tally.failures.length}`);
  for (const failure of tally.failures) console.log(`  ${failure}`);
  console.log(`answers of old versions     ${tally.outdated.length}`);
  for (const each of tally.outdated) console.log(`  ${each}`);
  return tally.failures.length + tally.outdated.length === 0 ? 0 : 1;
}

async function endureAll(siege: Siege, { seed, kills, apps }: TortureOptions): Promise<void> {
  const { tally } = siege;
  for (const [index, assault] of planOf(seed, { kills, apps }).entries()) {
    const before = tally.losses.length;
    await siege.endure(assault, `kill ${index + 1} (${assault.victim} after ${assault.delayMs} ms)`);
    for (const loss of tally.losses.slice(before)) console.log(`LOST ${loss}`);
    if ((index + 1) % progressEvery === 0 || index + 1 === kills) {
      console.log(
        `kill ${index + 1} of ${kills}: ${tally.acknowledged} changes acknowledged, ${tally.unacknowledged} not, ${tally.losses.length} losses`,
      );
    }
  }
}

function report({ acknowledged, unacknowledged, watched, stopped, losses, recoveriesMs }: Tally): void {
  console.log(`\nchanges acknowledged        ${acknowledged}`);
  console.log(`changes not acknowledged    ${unacknowledged}`);
  console.log(`looks at unchanged apps     ${watched}, of which ${stopped} found one that had stopped serving`);
  for (const victim of ['localpaas', 'nats-server'] satisfies Victim[]) {
    const times = recoveriesMs[victim];
    if (times.length === 0) continue;
    const { median, least, most } = spreadOf(times);
    const line = `${median.toFixed(0)} ms, ${least.toFixed(0)} – ${most.toFixed(0)}, ${times.length} times`;
    console.log(`${`recovery of ${victim}`.padEnd(27)} ${line}`);
  }
  console.log(`losses                      ${losses.length}`);
  for (const loss of losses) console.log(`  ${loss}`);
}
