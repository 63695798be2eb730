import { explanations } from './explanations.ts';
import { isMet, type Result } from './figures.ts';
import { benchmarkNames } from './options.ts';
import { figuresTable, machineTable } from './report.ts';
import type { Results } from './results-file.ts';

const introduction = `# What localpaas costs, measured

This page is made from [performance.json](performance.json) by \`npm run bench -- --page\`; nothing in it is written by hand.

## How it is measured

localpaas is measured as it is built, from the outside, beside the bare work and beside other programs on the same machine. Each
round does everything once, each time in another order, and ratios are taken within a round: what else goes on there changes
milliseconds, and ratios much less. So read the ratios; the milliseconds are those of this machine. The first round is thrown
away, of the others the median counts. A target is a promise about the median; with "each time" about every round. All programs
run on the same Node, on loopback, with the environment of a fresh login.

To repeat it:

\`\`\`sh
npm run build
npm run bench -- --install-peers    # 9 rounds of everything; prints, and writes to bench/
npm run bench -- --only watch       # or one benchmark alone
\`\`\`

The programs to compare with are fetched from the npm registry for the run and are gone with it; nginx, haproxy, caddy and wrk are
taken where they are installed. "load before" below is how many processes wanted a processor when it began: with more of them than
processors, everything waits, and what needs several processes one after the other waits several times.
`;

/** The page of the documentation about a run; it names what the run did not measure. */
export function performancePage({ machine, results }: Results): string {
  const lines = [
    introduction,
    '## Where it was measured',
    '',
    ...machineTable(machine),
    '',
    '## In short',
    '',
    ...summaryOf(results),
    '',
    ...absentees(results),
    ...results.flatMap((result) => {
      const { heading, what, meaning } = explanations[result.name];
      return [`## ${heading}`, '', what, '', meaning, '', `${result.rounds} rounds.`, '', ...figuresTable(result)];
    }),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** How many targets were met, and which were not. */
export function summaryOf(results: readonly Result[]): string[] {
  const all = results.flatMap(({ name, figures, ratios }) =>
    [...figures, ...ratios].map((figure) => ({ name, figure })),
  );
  const aimed = all.filter(({ figure }) => figure.target !== undefined);
  const missed = aimed.filter(({ figure }) => isMet(figure) === false);
  const count = `${aimed.length - missed.length} of ${aimed.length} targets were met`;
  if (missed.length === 0) return [`${count}.`];
  return [`${count}. Missed:`, '', ...missed.map(({ name, figure }) => `- ${name}: ${figure.name}`)];
}

function absentees(results: Results['results']): string[] {
  const absent = benchmarkNames.filter((name) => !results.some((result) => result.name === name));
  return absent.length === 0 ? [] : [`Not measured in this run: ${absent.join(', ')}.`, ''];
}
