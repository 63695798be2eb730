import { scriptOptions } from '../script-options.ts';

export const benchmarkNames = [
  'up',
  'push',
  'sandbox',
  'watch',
  'watch-many-files',
  'rollback',
  'stage',
  'recovery',
  'memory',
  'command-line',
  'router',
  'routes',
  'peers',
] as const;
export type BenchmarkName = (typeof benchmarkNames)[number];

export interface BenchOptions {
  readonly rounds: number;
  readonly only: readonly BenchmarkName[];
  /** Whether programs to compare with may be fetched from the npm registry for this run. */
  readonly installPeers: boolean;
  /** An executable to measure instead of the bundle in dist/. */
  readonly program: string | undefined;
  /** Where the results are written; relative to the project unless absolute. */
  readonly out: string;
  /** Make the page of the documentation from what is written there, and measure nothing. */
  readonly page: boolean;
  readonly help: boolean;
}

export const usage = `Measures localpaas against the bare work, on this machine, as it is built in dist/.

  npm run bench -- [--rounds N] [--only ${benchmarkNames.join(',')}] [--install-peers] [--program FILE] [--out DIR]
  npm run bench -- --page [--out DIR]

  --rounds N        rounds of each benchmark, 7 or more for figures to rely on (default 9)
  --only a,b        these benchmarks alone
  --install-peers   fetch nodemon, pm2, foreman and hotel from the npm registry, for this run, where they are not installed
  --program FILE    measure this executable, against the Node that it contains, instead of dist/localpaas.cjs
  --out DIR         write the results there (default: bench/ of the project)
  --page            measure nothing; make docs/performance.md from the results there
  --help            this text

Each round does the bare work too, and ratios are taken within a round. The results are printed and written to
results.json and results.md. A figure never fails the run; exit code 1 says that something did not work.`;

const accepted = {
  rounds: { type: 'string', default: '9' },
  only: { type: 'string' },
  'install-peers': { type: 'boolean', default: false },
  program: { type: 'string' },
  out: { type: 'string', default: 'bench' },
  page: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const { misused, read } = scriptOptions('bench');

/** @throws ActionableError USAGE */
export function parseOptions(args: readonly string[]): BenchOptions {
  const values = read(args, accepted);
  const rounds = Number(values.rounds);
  if (!/^\d+$/.test(values.rounds) || rounds < 1) throw misused(`--rounds cannot be '${values.rounds}'.`);
  const names = (values.only ?? benchmarkNames.join(',')).split(',');
  const unknown = names.find((name) => !isBenchmark(name));
  if (unknown !== undefined) throw misused(`There is no benchmark '${unknown}'.`);
  return {
    rounds,
    only: benchmarkNames.filter((name) => names.includes(name)),
    installPeers: values['install-peers'],
    program: values.program,
    out: values.out,
    page: values.page,
    help: values.help,
  };
}

function isBenchmark(name: string): name is BenchmarkName {
  return (benchmarkNames as readonly string[]).includes(name);
}
