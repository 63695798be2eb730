import type { App } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import type { ApiClient } from '../api-client.ts';
import { type LogLine, type LogMark, LogReader } from '../log-reader.ts';
import { placeInLog, reasonInLog } from './place-in-log.ts';
import type { Failure } from './watch-event.ts';

/** A version does not serve; with what its log says about it. */
export class VersionFailed extends Error {
  readonly error: ActionableError;
  readonly app: App;
  readonly logFrom: bigint;
  readonly diagnosis: Diagnosis;

  constructor(error: ActionableError, { app, logFrom }: { app: App; logFrom: bigint }, diagnosis: Diagnosis) {
    super(error.message, { cause: error });
    this.error = error;
    this.app = app;
    this.logFrom = logFrom;
    this.diagnosis = diagnosis;
  }
}

export type Diagnosis = Pick<Failure, 'place' | 'reason' | 'log'>;

interface Failed {
  readonly api: ApiClient;
  readonly app: App;
  readonly log: LogMark;
  /** What the app consists of. */
  readonly paths: ReadonlySet<string>;
}

/** Whose lines tell what went wrong, by what did. */
const tellers: Readonly<Record<string, RegExp>> = {
  STAGING_FAILED: /^(STG|APP\/TASK\/release)$/,
  START_UNSUCCESSFUL: /^APP\//,
};
const readLines = 200;
const keptLines = 10;
/** The last words of a program may still be on their way. */
const patience = { times: 5, ms: 60 };

/** What went wrong, with what the log says about it; errors of other kinds as they are. */
export async function diagnosed(error: unknown, { api, app, log, paths }: Failed): Promise<unknown> {
  const teller = error instanceof ActionableError ? tellers[error.code] : undefined;
  if (!(error instanceof ActionableError) || teller === undefined) return error;
  const logFrom = await log.settle();
  const said = await linesOf(new LogReader(api, app.guid), logFrom, ({ source }) => teller.test(source));
  const [place = null, reason = null] = [placeInLog(said, paths), reasonInLog(said)];
  return new VersionFailed(error, { app, logFrom }, { place, reason, log: said.slice(-keptLines) });
}

async function linesOf(reader: LogReader, from: bigint, isMeant: (line: LogLine) => boolean): Promise<string[]> {
  for (let left = patience.times; ; left -= 1) {
    const lines = (await reader.recent(readLines, from).catch(() => [])).filter(isMeant);
    if (lines.length > 0 || left === 0) return lines.map(({ text }) => text);
    await sleep(patience.ms);
  }
}

/** The failure as it is told. @param isLogShown whether what the app says is shown anyway; what staging says never is */
export function failureOf(failure: VersionFailed | ActionableError, isLogShown: boolean) {
  const isDiagnosed = failure instanceof VersionFailed;
  const { code, message, remedy } = isDiagnosed ? failure.error : failure;
  const { place, reason, log } = isDiagnosed ? failure.diagnosis : { place: null, reason: null, log: [] };
  const isShown = isLogShown && code === 'START_UNSUCCESSFUL';
  return { error: { code, message, remedy }, place, reason, log: isShown ? [] : log };
}
