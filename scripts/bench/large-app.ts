import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const files = 2_000;
const fileBytes = 15_000;
export const largeApp = `an app of ${files} files and ${(files * fileBytes) / 1_000_000} MB`;

/** Files of text that packs about as well as programs do, the same each time. */
export async function writeLargeApp(directory: string): Promise<void> {
  const words = ['const', 'return', 'function', 'value', 'index', 'await', '(', ')', '{', '}', '=', ';', '\n', '  '];
  let seed = 1;
  const word = () => {
    seed = (seed * 48_271) % 0x7fff_ffff;
    return seed % 3 === 0 ? seed.toString(36) : (words[seed % words.length] ?? '');
  };
  let text = '';
  while (text.length < 20 * fileBytes) text += `${word()} `;
  for (let index = 0; index < files; index++) {
    const part = join(directory, `part-${index % 40}`);
    await mkdir(part, { recursive: true });
    const from = (index * 997) % (text.length - fileBytes);
    await writeFile(join(part, `file-${index}.js`), text.slice(from, from + fileBytes));
  }
}
