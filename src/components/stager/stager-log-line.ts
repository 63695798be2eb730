import type { LogEntry, LogFields } from '#ground/log.ts';
import { isShown, type VcapLine, vcapLogLine } from '#vcap/log-format.ts';

type Said = Pick<VcapLine, 'logger' | 'text' | 'level'>;

const server = 'vcap.stager.server';
const task = 'vcap.stager.task';

/** Our events, as the original (stager 206b107, 2012) words them. */
const said: Readonly<Record<string, (fields: LogFields) => Said>> = {
  subscribed: ({ queue }) => ({ logger: server, text: `Subscribed to ${queue}` }),
  'server running': () => ({ logger: server, text: 'Server running' }),
  'message refused': ({ subject, reason }) => ({
    logger: server,
    text: `Failed decoding a message on ${subject}: ${reason}`,
  }),
  'task says': ({ text }) => ({ logger: task, text: String(text), level: 'info' }),
  'app staged': ({ task: id }) => ({ logger: server, text: `Task ${id} succeeded` }),
  'staging failed': ({ task: id, error }) => ({ logger: server, text: `Task ${id} failed: ${error}` }),
  'shutdown initiated': () => ({ logger: server, text: 'Shutdown initiated.' }),
  'waiting for tasks': ({ tasks }) => ({ logger: server, text: `Waiting for remaining ${tasks} task(s) to finish.` }),
  'shutdown complete': () => ({ logger: server, text: 'Shutdown complete' }),
};

/**
 * An entry of a stager's log as the original writes it, or `undefined` when its log is set to show less.
 * @param threshold a level of 2012, as in `logging.level` of `stager.yml`
 */
export function stagerLogLine(
  entry: LogEntry,
  { threshold, pid }: { threshold: string; pid: number },
): string | undefined {
  const words = said[entry.event]?.(entry.fields) ?? { logger: server };
  if (!isShown(words.level ?? entry.level, threshold)) return undefined;
  return vcapLogLine(entry, { ...words, pid });
}
