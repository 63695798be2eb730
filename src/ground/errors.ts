/**
 * What a person can put right. Each code has one exit code, and nothing else decides exit codes.
 * The numbers: 0 done, 1 it did not succeed, 2 wrong usage, 3 nobody answered, 4 the machine lacks something, 70 a bug.
 */
const exitCodes = {
  /** The command line or a file the user wrote cannot be understood. */
  USAGE: 2,
  /** Something the user sent (archive, manifest, option value) is not acceptable. */
  BAD_INPUT: 2,
  NOT_FOUND: 1,
  /** A name, host or route belongs to something else already. */
  TAKEN: 1,
  STAGING_FAILED: 1,
  START_UNSUCCESSFUL: 1,
  /** What was stored is not any more what it was. */
  DAMAGED: 1,
  API_REFUSED: 1,
  /** The new version did not come up; the old one is back. */
  UPGRADE_FAILED: 1,
  NOBODY_ANSWERED: 3,
  ALREADY_RUNNING: 4,
  PORT_TAKEN: 4,
  HOME_NOT_WRITABLE: 4,
  DISK_FULL: 4,
  PROGRAM_NOT_FOUND: 4,
  PROGRAM_TOO_OLD: 4,
  START_FAILED: 4,
  /** Less isolation than is required. */
  NOT_ISOLATED: 4,
  CACHE_NOT_USABLE: 4,
  /** Files of the installation belong to somebody else. */
  NOT_PERMITTED: 4,
  /** The program's own file is not what was built. */
  EXECUTABLE_DAMAGED: 4,
} as const;

export type ErrorCode = keyof typeof exitCodes;

/** What a person can fix: what happened, and what to do about it. Anything else thrown is a bug. */
export class ActionableError extends Error {
  readonly code: ErrorCode;
  /** The next step, as a full sentence. */
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ActionableError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** The exit code a command ends with when `error` ended it. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ActionableError ? exitCodes[error.code] : 70;
}

/** The system's error code (`ENOENT`, `EADDRINUSE`, …), or `undefined` when the error has none. */
export function systemCodeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The text of anything that was thrown, with the texts of its causes. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
}

/** A full disk is the user's to mend; every other error passes through unchanged. */
export function explainDiskError(error: unknown, what: string): unknown {
  const code = systemCodeOf(error);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new ActionableError(
    'DISK_FULL',
    `The disk is full: ${what}.`,
    'Free some space and try again; `localpaas doctor` shows what localpaas itself uses.',
    { cause: error },
  );
}
