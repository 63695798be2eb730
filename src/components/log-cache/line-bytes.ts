import { jsonIn } from '#ground/json-in.ts';
import type { StoredLine } from './envelope.ts';

/** Lines as they lie on disk: JSON, one after the other. */
export function bytesOf(lines: readonly StoredLine[]): Buffer {
  return Buffer.from(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
}

/** The lines of a file, or of a piece of it, but those that cannot be read: a power cut may have cut one short. */
export function linesIn(bytes: Buffer): StoredLine[] {
  return bytes.toString('utf8').split('\n').flatMap(lineIn);
}

function lineIn(text: string): StoredLine[] {
  const line = text === '' ? undefined : jsonIn(text);
  return isStoredLine(line) ? [line] : [];
}

function isStoredLine(line: unknown): line is StoredLine {
  const { t, s, i, m } = (typeof line === 'object' && line !== null ? line : {}) as Record<string, unknown>;
  return typeof t === 'string' && /^\d+$/.test(t) && [s, i, m].every((text) => typeof text === 'string');
}
