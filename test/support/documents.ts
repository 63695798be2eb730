import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

const projectDirectory = resolve(import.meta.dirname, '..', '..');

/** A fenced block of a document. */
interface Block {
  /** Where its first line stands. */
  readonly line: number;
  /** What follows the fence: the language, then whatever a reader does not see. */
  readonly tags: readonly string[];
  readonly text: string;
}

/** A page for users. */
export interface Document {
  /** From the project's directory. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** README.md and everything in docs/. */
export async function documents(): Promise<Document[]> {
  const pages = (await readdir(join(projectDirectory, 'docs'))).filter((name) => name.endsWith('.md'));
  const paths = ['README.md', ...pages.map((name) => join('docs', name))];
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(projectDirectory, path), 'utf8');
      return { path: relative('.', path), text, blocks: blocksIn(text) };
    }),
  );
}

function blocksIn(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; tags: string[]; lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { line: index + 2, tags: (fence[1] ?? '').split(/\s+/), lines: [] };
    else {
      blocks.push({ line: open.line, tags: open.tags, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`The block that begins before line ${open.line} has no end.`);
  return blocks;
}
