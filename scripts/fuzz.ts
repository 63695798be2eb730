/**
 * Sends a platform malformed messages over all subjects of its bus, and has it work in between; see `--help`.
 *
 *     node --import tsx scripts/fuzz.ts [--messages N] [--seed N] [--rounds N]
 */
import { randomInt } from 'node:crypto';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, exitCodeOf } from '#ground/errors.ts';
import { fuzzBus, type Outcome } from '../test/fuzz/fuzz-bus.ts';
import { startLocalpaas } from '../test/support/localpaas.ts';
import { stopSignal } from './bench/stop-signal.ts';
import { scriptOptions } from './script-options.ts';

const usage = `Sends a platform malformed messages over all subjects of its bus, and checks what becomes of it.

  npm run fuzz -- [--messages N] [--seed N] [--rounds N] [--growth-mb N]

  --messages N   how many malformed messages are sent (default 100000)
  --seed N       which ones; a run says which seed it has (default: another one each time)
  --rounds N     how often an app is staged, started, asked, stopped and deleted meanwhile (default 10)
  --growth-mb N  how much memory the platform may take after the first fifth of the messages (default 150)
  --help         this text

Each message the platform publishes is checked against what the components of 2012 take out of it. Exit code 1 says that
one of them would have stumbled, that a component did not answer, that an app did not work, or that memory grew.`;

const accepted = {
  messages: { type: 'string', default: '100000' },
  seed: { type: 'string' },
  rounds: { type: 'string', default: '10' },
  'growth-mb': { type: 'string', default: '150' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const { count, read } = scriptOptions('fuzz');

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof ActionableError ? `${error.message}\n${error.remedy}` : error);
  process.exitCode = error instanceof ActionableError ? exitCodeOf(error) : 1;
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const stop = stopSignal();
  await using scope = new AsyncDisposableStack();
  const paas = await startLocalpaas(scope, { args: ['--open-bus'] });
  console.log(`${options.messages} messages; repeat them with --seed ${options.seed}`);
  const onProgress = (sent: number, memoryMb: number) => {
    stop.signal.throwIfAborted();
    console.log(`${sent} sent, ${memoryMb} MB`);
  };
  try {
    return report(await fuzzBus(scope, paas, { ...options, onProgress }), options.growthMb);
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode();
    throw error;
  }
}

function report(outcome: Outcome, growthMb: number): number {
  const { sent, subjects, seconds, warmMb, endMb, listener, replies } = outcome;
  const checked = [...listener.checked].sort(([, a], [, b]) => b - a);
  const total = checked.reduce((sum, [, count]) => sum + count, 0);
  console.log(`${sent} malformed messages on ${subjects} subjects in ${seconds.toFixed(0)} s; ${replies} replies`);
  console.log(`memory: ${warmMb} MB after a fifth, ${endMb} MB at the end`);
  console.log(`${total} messages of the platform checked, of ${checked.length} kinds:`);
  for (const [name, count] of checked) console.log(`  ${String(count).padStart(7)}  ${name}`);
  for (const [mistake, message] of listener.mistakes) console.log(`WRONG  ${mistake}\n       ${message}`);
  const isFlat = endMb - warmMb <= growthMb;
  if (!isFlat) console.log(`Memory grew by more than ${growthMb} MB.`);
  return isFlat && listener.mistakes.size === 0 ? 0 : 1;
}

/** @returns `undefined` when help is wanted @throws ActionableError USAGE */
function optionsOf(args: readonly string[]) {
  const { help, ...values } = read(args, accepted);
  if (help) return undefined;
  return {
    messages: count('--messages', values.messages, 1),
    seed: count('--seed', values.seed ?? String(randomInt(2 ** 31)), 0),
    rounds: count('--rounds', values.rounds, 1),
    growthMb: count('--growth-mb', values['growth-mb'], 0),
  };
}
