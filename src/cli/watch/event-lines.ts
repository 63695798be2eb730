import { printable, type Style } from '../style.ts';
import { inWords } from './changes.ts';
import type { Steps, WatchEvent } from './watch-event.ts';

export interface LineOptions {
  readonly style: Style;
  /** `14:02:11` */
  readonly time: string;
  /** Tell how long each step took. */
  readonly isVerbose: boolean;
}

type Of<Kind extends WatchEvent['event']> = Extract<WatchEvent, { readonly event: Kind }>;

/** An event as lines for people: one wherever one will do. */
export function linesOf(event: WatchEvent, options: LineOptions): string[] {
  const { dim } = options.style;
  const [first = '', ...rest] = saidOf(event, options);
  return [`${dim(options.time)}  ${first}`, ...rest.map((line) => `${' '.repeat(options.time.length)}  ${line}`)];
}

function saidOf(event: WatchEvent, options: LineOptions): string[] {
  switch (event.event) {
    case 'serving':
      return servingLines(event, options);
    case 'failed':
    case 'withdrawn':
      return failedLines(event, options);
    case 'unusable':
      return unusableLines(event, options);
    case 'log':
      return logLines(event, options);
    default:
      return plainLines(event, options);
  }
}

/** Events that are a sentence or two. */
function plainLines(
  event: Exclude<WatchEvent, Of<'serving' | 'failed' | 'withdrawn' | 'unusable' | 'log'>>,
  { style: { bold, dim, yellow } }: LineOptions,
): string[] {
  switch (event.event) {
    case 'watching':
      return [
        `watching ${bold(printable(event.folder))} ${dim(`(${countOf(event.files, 'file')})`)}: save one, and ${event.app} follows; Ctrl-C ends the watch`,
      ];
    case 'polling':
      return [`${yellow('looking')} at ${printable(event.folder)} again and again: ${event.why}`];
    case 'settled':
      return [dim(`${event.app} was staged as a whole, and is the same`)];
    case 'restaging':
      return [
        `staging makes something else of ${event.app} (${inWords(event.differences.map(printable))}): deploying that, now and from now on`,
      ];
    case 'unchanged':
      return [dim(`${inWords(event.files.map(printable))} saved, nothing in it changed: ${event.app} stays as it is`)];
    case 'reverted':
      return [`all is again as ${event.app} serves it`];
    case 'usable':
      return [`all is well again`];
    case 'moving':
      return [
        `${yellow('changing')} all the time: ${inWords(event.files.map(printable))}; going on with what is there. What the app does not need can be named in .cfignore.`,
      ];
    case 'lost':
      return [`${yellow('platform gone')}  ${event.message} Waiting for it to come back.`];
    case 'found':
      return [`the platform is back${event.isUpToDate ? `, and ${event.app} is as it was` : ''}`];
    case 'stopped':
      return stoppedLines(event);
  }
}

function servingLines({ what, ms, steps, way }: Of<'serving'>, { style, isVerbose }: LineOptions): string[] {
  const line = `${printable(what)} ${style.dim('·')} ${style.green(way === 'synced' ? 'synced' : 'serving')} after ${durationOf(ms)}`;
  return isVerbose ? [line, style.dim(stepsOf(steps))] : [line];
}

function failedLines(event: Of<'failed' | 'withdrawn'>, { style, isVerbose }: LineOptions): string[] {
  const { what, ms, place, reason, error, log, app, stillServing } = event;
  const where = place === null ? '' : `${style.bold(`${printable(place.path)}:${place.line}`)} `;
  const why = reason === null ? printable(error.message) : printable(reason);
  const isBack = event.event === 'withdrawn';
  const before = isBack ? 'the version before it serves again' : `the version of ${stillServing} goes on serving`;
  const next = !isBack && stillServing === null ? `${app} does not run` : before;
  return [
    `${printable(what)} ${style.dim('·')} ${style.red(isBack ? 'ended' : 'failed')} after ${durationOf(ms)} ${style.dim('·')} ${where}${why}`,
    ...log.map((line) => style.dim(`│ ${printable(line)}`)),
    ...(reason !== null && isVerbose ? [style.dim(printable(error.message))] : []),
    `${next}; the next change is tried`,
  ];
}

const mostProblems = 3;

function unusableLines({ app, problems }: Of<'unusable'>, { style }: LineOptions): string[] {
  const shown = problems
    .slice(0, mostProblems)
    .map(({ message, remedy }) => `${printable(message)} ${style.dim(remedy)}`);
  const more = problems.length - shown.length;
  const [first = '', ...others] = shown;
  return [
    `${style.yellow('not pushed')}  ${first}`,
    ...others,
    ...(more > 0 ? [`and ${more} more like that`] : []),
    `${app} goes on as it is until that is mended`,
  ];
}

function logLines({ source, instance, stream, text }: Of<'log'>, { style }: LineOptions): string[] {
  const who = source.replace(/^APP\/(PROC\/)?/, '').toLowerCase();
  return [`${style.dim(`[${who}/${instance}]`)} ${stream === 'ERR' ? style.red(text) : text}`];
}

function stoppedLines({ app, takenOverFor }: Of<'stopped'>): string[] {
  if (takenOverFor !== null) return [`the watch of ${takenOverFor} took ${app} over; this one has ended`];
  return [`stopped watching; ${app} goes on running (\`localpaas stop ${app}\` stops it)`];
}

function stepsOf(steps: Steps): string {
  const named = [
    ['uploaded', steps.upload],
    ['staged', steps.stage],
    ['started', steps.start],
  ] as const;
  return named.flatMap(([name, ms]) => (ms === undefined ? [] : `${name} ${durationOf(ms)}`)).join(' · ');
}

/** `48 ms`, `1.24 s`, `75 s` */
function durationOf(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}

function countOf(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
