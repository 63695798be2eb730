import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Random, randomFrom } from '../torture/random.ts';

export const manyFiles: Readonly<Record<'count' | 'bytes', number>> = { count: 2_000, bytes: 14_500 };
const filesPerDirectory = 50;
const words = 1_000;

/**
 * Lays source files beside an app, below `lib`: 2,000 of them, 29 MB. They are the same each time, no two are alike, and
 * they compress to about a quarter, as sources do.
 */
export async function layManyFiles(directory: string, { count, bytes } = manyFiles): Promise<void> {
  const random = randomFrom(1);
  const vocabulary = Array.from({ length: words }, () => wordOf(random));
  for (let number = 0; number < count; number += 1) {
    const part = join(directory, 'lib', `part-${Math.floor(number / filesPerDirectory)}`);
    if (number % filesPerDirectory === 0) await mkdir(part, { recursive: true });
    await writeFile(join(part, `file-${number}.js`), sourceOf(bytes, vocabulary, random));
  }
}

/** A comment of this length. */
function sourceOf(bytes: number, vocabulary: readonly string[], { below }: Random): string {
  const lines: string[] = [];
  for (let length = 0; length < bytes; ) {
    const chosen = Array.from({ length: 12 }, () => vocabulary[below(vocabulary.length)]);
    const line = `// ${chosen.join(' ')}`;
    lines.push(line);
    length += line.length + 1;
  }
  return `${lines.join('\n').slice(0, bytes - 1)}\n`;
}

function wordOf({ below }: Random): string {
  return Array.from({ length: 3 + below(7) }, () => String.fromCharCode(97 + below(26))).join('');
}
