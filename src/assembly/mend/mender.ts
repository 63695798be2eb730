/** The message bus's server does not start, perhaps because of its store. */
export class ServerFailed extends Error {
  constructor(cause: unknown) {
    super('nats-server does not start', { cause });
    this.name = 'ServerFailed';
  }
}

/** One attempt at putting something right. */
export interface Mender {
  /** @returns whether it is worth trying again @throws ActionableError when nothing can be put right here */
  mend(error: unknown): Promise<boolean>;
  /** What was set aside did its part: now it is told. */
  succeeded(): void;
  /** Nothing came of it: takes back what can be taken back. */
  failed(): Promise<void>;
}

/** Codes with which the system says that a directory stands where a file should, or a file where a directory should. */
const wrongKinds: readonly string[] = ['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY', 'ERR_FS_EISDIR'];

/** Paths below the home that an error of the system names as something else than they should be. */
export function pathsIn(error: unknown, home: string): string[] {
  if (!(error instanceof Error)) return [];
  const { code, path, dest } = error as { code?: unknown; path?: unknown; dest?: unknown };
  const named = typeof code === 'string' && wrongKinds.includes(code) ? [dest, path] : [];
  const ours = named.filter((each) => typeof each === 'string').filter((each) => each.startsWith(`${home}/`));
  return ours.length > 0 ? ours : pathsIn(error.cause, home);
}
