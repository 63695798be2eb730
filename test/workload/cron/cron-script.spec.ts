import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startChild } from '#ground/child.ts';
import { waitFor } from '#ground/wait.ts';
import { cronJobsOf, cronScript } from '#workload/cron/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

/** Tells the next of the times in a file, and then none for ever. */
const date = `#!/bin/bash
echo x >> calls
number=$(wc -l < calls)
line=$(sed -n "\${number}p" times)
[ -n "$line" ] || exec /bin/sleep 300
echo "at \${line##* }" >&2
echo "\${line% *}"
`;

/** Until the jobs of this minute have ended. */
const sleep = `#!/bin/bash
echo "sleep $1" >> sleeps
while [ -z "$OVERLAPS" ] && [ "$(pgrep -P $PPID | wc -l)" -gt 1 ]; do /bin/sleep 0.01; done
`;

/**
 * What a crontab does while clocks show these times: `at <time>`, and the lines of the jobs that it starts then.
 * @param times as `2024-03-31T01:59+01:00`, the first being that of the start
 */
async function ran(scope: Scope, lines: readonly string[], times: readonly string[], env: Record<string, string> = {}) {
  const directory = await scratchDirectory(scope);
  if (env['TURN'] !== undefined) await writeFile(join(directory, 'turn'), env['TURN']);
  const clock = times.map((time) => {
    const zone = /[+-]\d\d:\d\d$/.exec(time)?.[0].replace(':', '') ?? '';
    return `${Date.parse(time) / 1000} ${zone} ${time.slice(11, 16)}\n`;
  });
  await writeFile(join(directory, 'times'), clock.join(''));
  await writeFile(join(directory, 'date'), date, { mode: 0o755 });
  await writeFile(join(directory, 'sleep'), sleep, { mode: 0o755 });
  const child = scope.use(
    await startChild({
      program: 'bash',
      // One stream, so that lines come in their order.
      args: ['-c', `exec 2>&1\n${cronScript(cronJobsOf(lines), join(directory, 'turn'))}`],
      cwd: directory,
      env: { PATH: `${directory}:${process.env['PATH']}`, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
      graceMs: 0,
    }),
  );
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (data: string) => {
    text += data;
  });
  const calls = async () => (await readFile(join(directory, 'calls'), 'utf8').catch(() => '')).split('\n').length - 1;
  await waitFor('all times to pass', async () => ((await calls()) > times.length ? true : undefined), {
    limitMs: 15_000,
  });
  const ended = child.stdout === null ? undefined : once(child.stdout, 'close');
  await child[Symbol.asyncDispose]();
  await ended;
  return { said: inMinutes(text.split('\n').slice(0, -1)), sleeps: await readFile(join(directory, 'sleeps'), 'utf8') };
}

describe('a crontab that is run', (it) => {
  it('leaves to another version what is due before its turn and behind it', async (scope) => {
    const minute = Date.parse('2026-11-21T12:04:00Z') / 60_000;
    const times = ['12:03:20', '12:04:00', '12:05:00', '12:06:00', '12:07:00'].map(
      (time) => `2026-11-21T${time}+00:00`,
    );
    const lines = ['* * * * * echo each', '@reboot echo start'];
    const said = async (turn: string) => (await ran(scope, lines, times, { TURN: turn })).said;

    assert.equal(await said(`0 1000000000000`), [
      ...['at 12:03', 'start', 'at 12:04', 'each', 'at 12:05', 'each', 'at 12:06', 'each', 'at 12:07', 'each'],
    ]);
    assert.equal(await said(`0 ${minute}`), [
      ...['at 12:03', 'start', 'at 12:04', 'each', 'at 12:05', 'at 12:06', 'at 12:07'],
    ]);
    assert.equal(await said(`${minute + 1} 1000000000000`), [
      ...['at 12:03', 'start', 'at 12:04', 'at 12:05', 'at 12:06', 'each', 'at 12:07', 'each'],
    ]);

    const late = ['12:05:00', '12:05:00', '12:06:00'].map((time) => `2026-11-21T${time}+00:00`);
    const { said: caughtUp } = await ran(scope, lines, late, { TURN: `${minute} 1000000000000` });
    assert.equal(
      caughtUp,
      ['at 12:05', 'start', 'at 12:05', 'each', 'at 12:06', 'each'],
      'the minute after the turn came',
    );
  });

  it('starts what is due, each minute', async (scope) => {
    const lines = ['* * * * * echo each', '5 12 * * * echo noon', '@reboot echo start', '0 0 * * * echo never'];

    const { said, sleeps } = await ran(scope, lines, [
      '2026-11-21T12:03:20+00:00',
      '2026-11-21T12:04:00+00:00',
      '2026-11-21T12:04:59+00:00',
      '2026-11-21T12:05:01+00:00',
    ]);

    assert.equal(said, ['at 12:03', 'start', 'at 12:04', 'each', 'at 12:04', 'at 12:05', 'each', 'noon']);
    assert.is(sleeps, 'sleep 40\nsleep 60\nsleep 1\nsleep 59\n');
  });

  it('knows days, months and weekdays by the local clock', async (scope) => {
    const lines = [
      '0 0 29 2 * echo leap',
      '0 0 * * thu echo thursday',
      '0 0 1 * fri echo either',
      '0 0 31 12 * echo last',
    ];
    const at = (day: string) => [`${day}T23:59:30+05:30`, `${nextDay(day)}T00:00:00+05:30`];

    const { said } = await ran(scope, lines, [...at('2024-02-28'), ...at('2024-02-29'), ...at('2025-12-30')]);

    assert.equal(said.filter((line) => !line.startsWith('at')).sort(), ['either', 'last', 'leap', 'thursday'].sort());
  });

  it('runs what has a fixed time once when clocks are put forward and back', async (scope) => {
    const lines = ['30 2 * * * echo fixed', '*/30 * * * * echo often'];

    const { said } = await ran(scope, lines, [
      '2026-03-29T01:59:00+01:00',
      '2026-03-29T03:00:00+02:00',
      '2026-10-25T02:29:00+02:00',
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:31:00+02:00',
      '2026-10-25T02:30:00+01:00',
      '2026-10-25T02:32:00+01:00',
    ]);

    assert.equal(said, [
      'at 01:59',
      'at 03:00',
      'fixed',
      'often',
      'at 02:29',
      'at 02:30',
      ...['fixed', 'often'],
      'at 02:31',
      ...['at 02:30', 'often'],
      'at 02:32',
    ]);
  });

  it('starts nothing once more that still runs', async (scope) => {
    const lines = ['* * * * * while [ ! -e go ]; do /bin/sleep 0.02; done'];
    const times = [0, 1, 2].map((minute) => `2026-01-01T00:0${minute}:00+00:00`);

    const { said } = await ran(scope, lines, times, { OVERLAPS: 'yes' });

    assert.equal(said.slice(0, 3), ['at 00:00', 'at 00:01', 'at 00:02']);
    assert.match(said[3] ?? '', /^It is time for this, but it still runs since the last time: while/);
  });

  it('says how what failed did', async (scope) => {
    const { said } = await ran(scope, ['@reboot echo "it\'s"; exit 3'], ['2026-01-01T00:00:00+00:00']);

    assert.equal(said, ['at 00:00', `This ended with status 3: echo "it's"; exit 3`, "it's"]);
  });
});

/** Jobs of one minute start at the same time: their lines come in the order of the alphabet. */
function inMinutes(lines: readonly string[]): string[] {
  const isClock = (line: string) => line.startsWith('at ');
  const minutes: string[][] = [];
  for (const line of lines)
    if (isClock(line) || minutes.length === 0) minutes.push([line]);
    else minutes.at(-1)?.push(line);
  return minutes.flatMap(([clock = '', ...others]) => [clock, ...others.sort()]);
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
