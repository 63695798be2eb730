import type { LogLine } from './logs.ts';

const limits = { lines: 100, characters: 200_000 };

/** Puts lines into messages, none of which comes near the largest that a bus takes. */
export function batchesOf(lines: readonly LogLine[]): LogLine[][] {
  const batches: LogLine[][] = [];
  let batch: LogLine[] = [];
  let characters = 0;
  for (const line of lines) {
    const isFull = batch.length >= limits.lines || characters + line.text.length > limits.characters;
    if (batch.length > 0 && isFull) {
      batches.push(batch);
      batch = [];
      characters = 0;
    }
    batch.push(line);
    characters += line.text.length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
