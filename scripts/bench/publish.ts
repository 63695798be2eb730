import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { writeFileDurably } from '#ground/files.ts';
import { performancePage } from './page.ts';
import { resultsIn, textOf } from './results-file.ts';

/**
 * Makes the page of the documentation from the results of a run.
 * @param out where they are @returns the files that were written
 * @throws ActionableError NOT_FOUND without results, BAD_INPUT for something else
 */
export async function publish(project: string, out: string): Promise<string[]> {
  const source = join(out, 'results.json');
  const results = resultsIn(await readResults(source), source);
  const text = textOf(results);
  const [data, page] = [join(project, 'docs', 'performance.json'), join(project, 'docs', 'performance.md')];
  await writeFileDurably(data, text, 0o644);
  await writeFileDurably(page, performancePage(resultsIn(text, data)), 0o644);
  return [data, page];
}

async function readResults(source: string): Promise<string> {
  try {
    return await readFile(source, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    throw new ActionableError(
      'NOT_FOUND',
      `There is no ${source}.`,
      'Measure first: `npm run bench -- --install-peers`.',
    );
  }
}
