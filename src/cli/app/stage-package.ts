import { type App, Build } from '#contract/api/resources.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { type LogLine, type LogMark, LogReader } from '../log-reader.ts';
import { poll } from '../poll.ts';
import { printable } from '../style.ts';

/** What a stager is given, and the same again for a release phase. */
const limitMs = 30 * 60_000;
/** The platform answers when the build has ended, or after this time: one that is replaced waits for its requests. */
const waitSeconds = 5;
/** Where an app has a release phase, it belongs to staging. */
const shownWhileStaging = ['STG', 'APP/TASK/release'];

/**
 * Stages a package; the staging lines are shown as they come.
 * @param log what the log held before, from `LogReader.mark`
 * @returns the droplet's guid, and what ends the showing, to be awaited before the next result is printed
 * @throws ActionableError STAGING_FAILED
 */
export async function stagePackage(
  cli: Cli,
  api: ApiClient,
  { app, packageGuid, log }: { app: App; packageGuid: string; log: LogMark },
): Promise<{ droplet: string; endLog: () => Promise<void> }> {
  const from = await log.settle();
  const build = await api.post('/v3/builds', { package: { guid: packageGuid } }, Build);
  const [enough, stop] = [new AbortController(), new AbortController()];
  const shown = showStaging(cli, new LogReader(api, app.guid).follow(from, stop.signal, enough.signal));
  const ended = await poll(
    async () => {
      const now = await api.get(`/v3/builds/${build.guid}?wait=${waitSeconds}`, Build);
      return now.state === 'STAGING' ? undefined : now;
    },
    { limitMs, signal: cli.signal },
  );
  enough.abort();
  const endLog = () => {
    stop.abort();
    return shown;
  };
  if (ended?.droplet) return { droplet: ended.droplet.guid, endLog };
  // The last lines may still be on their way, and after a failure those are the ones that matter.
  await shown;
  const reason = ended?.error ?? `it took longer than ${limitMs / 60_000} minutes`;
  throw new ActionableError(
    'STAGING_FAILED',
    `${app.name} cannot be staged: ${inOneLine(reason).replace(/\.$/, '')}.`,
    'Mend the app, or say with `--command` what starts it, and push again. A version that runs keeps running.',
  );
}

/** Without the end of the log, which was just shown. */
function inOneLine(reason: string): string {
  const lines = reason.split('\n').filter((line) => !line.startsWith('   | '));
  return printable(lines.join(' ')).replace(/\s+/g, ' ').trim();
}

async function showStaging(cli: Cli, log: AsyncIterable<LogLine[]>): Promise<void> {
  try {
    for await (const lines of log) {
      for (const { source, text } of lines)
        if (shownWhileStaging.includes(source)) cli.progress.line(cli.progress.style.dim(`  ${text}`));
    }
  } catch (error) {
    cli.signal.throwIfAborted();
    cli.progress.warn(`The staging log cannot be shown: ${messageOf(error)}`);
  }
}
