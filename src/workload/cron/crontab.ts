import { ActionableError } from '#ground/errors.ts';

/** When a command is to run, and what it is. All numbers are those of a local clock. */
export interface CronJob {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  /** From 1 on. */
  readonly months: ReadonlySet<number>;
  /** Sunday is 0. */
  readonly weekdays: ReadonlySet<number>;
  /** Either of days and weekdays will do: the line restricts both. */
  readonly eitherDay: boolean;
  /** It names its minutes and hours: then it runs once a day at most, whatever clocks are put to. */
  readonly isFixed: boolean;
  /** Once, when the instance starts, and never by the clock. */
  readonly atStart: boolean;
  readonly command: string;
}

interface Field {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const fields = {
  minutes: { what: 'minute', from: 0, to: 59 },
  hours: { what: 'hour', from: 0, to: 23 },
  days: { what: 'day of the month', from: 1, to: 31 },
  months: {
    what: 'month',
    from: 1,
    to: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  weekdays: { what: 'day of the week', from: 0, to: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
} as const satisfies Readonly<Record<string, Field>>;

const shorthands: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};
const atStart = '@reboot';
const timed = /^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+([\s\S]*))?$/;

/** The jobs of a crontab; empty lines and comments are none. @throws ActionableError BAD_INPUT naming the line */
export function cronJobsOf(lines: readonly string[]): CronJob[] {
  return lines.filter((line) => !/^\s*(#|$)/.test(line)).map(cronJobOf);
}

/** @throws ActionableError BAD_INPUT */
function cronJobOf(line: string): CronJob {
  const [, word = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(line) ?? [];
  if (/^\w+\s*=/.test(line.trim())) throw mistake(line, 'it sets a variable: put that into env');
  if (!word.startsWith('@')) return timedJob(line, line.trim());
  const times = word === atStart ? '0 0 1 1 *' : shorthands[word];
  if (times === undefined) {
    throw mistake(line, `there is no ${word}, but ${[...Object.keys(shorthands), atStart].join(', ')}`);
  }
  return { ...timedJob(line, `${times} ${rest}`), atStart: word === atStart };
}

function timedJob(line: string, text: string): CronJob {
  const [, minute, hour, day, month, weekday, command] = timed.exec(text) ?? [];
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined) {
    throw mistake(line, 'it has to begin with minute, hour, day of the month, month and day of the week');
  }
  if (!command) throw mistake(line, 'it names no command');
  if (command.includes('\0')) throw mistake(line, 'its command contains a NUL character');
  const read = (value: string, field: Field) => valuesOf(line, value, field);
  return {
    minutes: read(minute, fields.minutes),
    hours: read(hour, fields.hours),
    days: read(day, fields.days),
    months: read(month, fields.months),
    weekdays: new Set([...read(weekday, fields.weekdays)].map((each) => each % 7)),
    eitherDay: !day.startsWith('*') && !weekday.startsWith('*'),
    isFixed: !minute.startsWith('*') && !hour.startsWith('*'),
    atStart: false,
    command,
  };
}

function valuesOf(line: string, text: string, field: Field): Set<number> {
  return new Set(text.split(',').flatMap((part) => rangeOf(line, part, field)));
}

/** `*`, `5`, `mon-fri`, each with a step: `/2`. */
function rangeOf(line: string, part: string, field: Field): number[] {
  const [, first = '', last, step = '1'] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
  const isAll = first === '*' && last === undefined;
  const from = isAll ? field.from : numberIn(first, field);
  const isOpen = isAll || (last === undefined && part.includes('/'));
  const end = isOpen ? field.to : numberIn(last ?? first, field);
  // Sunday is the end of the week, too.
  const to = field === fields.weekdays && last !== undefined && end === 0 ? 7 : end;
  if (Number.isNaN(from) || Number.isNaN(to) || from > to || Number(step) < 1) {
    throw mistake(line, `'${part}' is no ${field.what} from ${field.from} to ${field.to}`);
  }
  const count = Math.floor((to - from) / Number(step)) + 1;
  return Array.from({ length: count }, (_, at) => from + at * Number(step));
}

/** NaN for what is none. */
function numberIn(text: string, { from, to, names = [] }: Field): number {
  const named = names.indexOf(text.toLowerCase());
  const number = named >= 0 ? named + from : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return number >= from && number <= to ? number : Number.NaN;
}

function mistake(line: string, reason: string): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The cron line '${line.trim()}' cannot be understood: ${reason}.`,
    "Write it as in a crontab: '*/5 * * * * command'.",
  );
}
