import { constants } from 'node:os';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import type { Ending } from './instance.ts';

export interface ExitFacts {
  /** As a shell tells it, 128 + N for signal N; `undefined` when nobody knows. */
  readonly status: number | undefined;
  /** The port it should have listened on, when it never came to that. */
  readonly awaitedPort: number | null;
  /** How many of its processes were still there when the first had ended. */
  readonly left: number;
  /** Its last words. */
  readonly lastLines: readonly string[];
}

/** How an instance that ended by itself crashed. */
export function exitedByItself({ status, awaitedPort, left, lastLines }: ExitFacts): Ending {
  const before = awaitedPort === null ? '' : ` before it listened on port ${awaitedPort}`;
  const behind = left === 0 ? '' : `, and left ${leftBehind(left)} ended too`;
  return crash(`${howItEnded(status)}${before}${behind}${quote(lastLines)}`, status);
}

/** How an instance crashed because what runs beside the app ended. */
export function endedBySidecar(name: string, status: number, lastLines: readonly string[]): Ending {
  return crash(`was ended, for its sidecar '${name}' ${howItEnded(status)}${quote(lastLines)}`, status);
}

function leftBehind(count: number): string {
  return count === 1 ? 'a process behind, which was' : `${count} processes behind, which were`;
}

/** Words for an exit status. */
export function howItEnded(status: number | undefined): string {
  if (status === undefined) return 'ended, and nobody knows how';
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  if (signal !== undefined) return `was ended by the signal ${signal} (status ${status})`;
  const meaning = { 126: ': a program could not be executed', 127: ': a program was not found' }[status] ?? '';
  return `exited with status ${status}${meaning}`;
}

/** @param hint what was found out about the reason, as a sentence */
export function neverReady(
  port: number,
  limitMs: number,
  hint: string | undefined,
  lastLines: readonly string[],
): Ending {
  const why = hint === undefined ? '' : `; ${hint}`;
  return crash(`did not listen on port ${port} within ${limitMs / 1000} s${why}${quote(lastLines)}`);
}

/** @param stateFile its name: the app server had to write there that it runs */
export function neverRunning(stateFile: string, limitMs: number, lastLines: readonly string[]): Ending {
  return crash(`did not say in ${stateFile} within ${limitMs / 1000} s that it runs${quote(lastLines)}`);
}

export function memoryExceeded(limitMb: number, usedBytes: number): Ending {
  return crash(`exceeded its memory limit of ${limitMb}M (used ${readableSize(usedBytes)})`);
}

export function diskExceeded(limitMb: number, usedBytes: number): Ending {
  return crash(`exceeded its disk limit of ${limitMb}M (used ${readableSize(usedBytes)})`);
}

export function couldNotStart(error: unknown): Ending {
  return crash(`could not be started: ${inWords(error)}`);
}

/** An error for a person, with what to do about it. */
export function inWords(error: unknown): string {
  return error instanceof ActionableError ? `${error.message} ${error.remedy}` : messageOf(error);
}

export function neverStarted(): Ending {
  return crash('was not started: the platform ended before it came to that');
}

export function endedMeanwhile(status: number | undefined): Ending {
  const how = status === undefined ? '' : `: it ${howItEnded(status)}`;
  return crash(`ended while the platform was down${how}`, status);
}

function crash(description: string, status?: number): Ending {
  return { reason: 'CRASHED', description, ...(status === undefined ? {} : { status }) };
}

function quote(lines: readonly string[]): string {
  const shown = lines
    .map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line))
    .filter((line) => line.trim() !== '');
  return shown.length === 0 ? '' : `; its last lines: ${shown.join(' | ')}`;
}
