import type { LogEntry, LogFields } from '#ground/log.ts';
import { isShown, type VcapLine, vcapLogLine } from '#vcap/log-format.ts';

type Said = Pick<VcapLine, 'text' | 'level'>;

const about = ({ name, app, instance, index }: LogFields) =>
  `(name=${name} app_id=${app} instance=${instance} index=${index})`;

/** Our events, as the original (dea 0e200ef, 2012) words them or could have. */
const said: Readonly<Record<string, (fields: LogFields) => Said>> = {
  'file viewer listens': ({ port }) => ({ text: `File service started on port: ${port}`, level: 'info' }),
  'dea is there': ({ dea }) => ({ text: `DEA uuid ${dea}`, level: 'info' }),
  'instance is running': (fields) => ({ text: `Instance ${about(fields)} is ready for connections` }),
  'instance is gone': (fields) => ({ text: `Instance ${about(fields)} is gone: ${fields['reason']}` }),
  'instance adopted': (fields) => ({ text: `Recovered instance ${about(fields)}` }),
  'message refused': ({ subject, reason }) => ({ text: `Ignored a message on ${subject}: ${reason}` }),
};

/**
 * An entry of a DEA's log as the original writes it, or `undefined` when its log is set to show less.
 * @param threshold a level of 2012, as in `logging.level` of `dea.yml`
 */
export function deaLogLine(
  entry: LogEntry,
  { threshold, pid }: { threshold: string; pid: number },
): string | undefined {
  const words = said[entry.event]?.(entry.fields) ?? {};
  if (!isShown(words.level ?? entry.level, threshold)) return undefined;
  return vcapLogLine(entry, { logger: 'dea', pid, ...words });
}
