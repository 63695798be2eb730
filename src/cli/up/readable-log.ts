import type { LogEntry } from '#ground/log.ts';
import { printable, type Style } from '../style.ts';

/** A line of the platform's log for people: `12:04:31 dea  instance crashed  app=hello status=1`. */
export function readableLine({ at, level, event, fields }: LogEntry, style: Style): string {
  const { component = '', ...rest } = fields;
  const facts = Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const time = at.toTimeString().slice(0, 8);
  const coloured = level === 'error' ? style.red(event) : level === 'warn' ? style.yellow(event) : event;
  const tail = facts.length === 0 ? '' : `  ${style.dim(printable(facts.join(' ')))}`;
  return `${style.dim(time)} ${String(component).padEnd(16)} ${coloured}${tail}`;
}
