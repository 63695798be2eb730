import * as assert from 'uvu/assert';
import { subjectsOfContract } from '../contract/subjects.ts';
import { documents } from '../support/documents.ts';
import { describe } from '../support/spec.ts';
import { laterSubjects, subjectsOf2012 } from './subjects-of-2012.ts';

/** `dea.*.start` and `dea.<uuid>.start` are the same subject. */
const pattern = (subject: string) => subject.replace(/<\w+>|\bdefault$/, '*');

async function page(): Promise<string> {
  return (await documents()).find(({ path }) => path === 'docs/compatibility.md')?.text ?? '';
}

/** The cells of each row whose first one is a subject. */
async function rows(): Promise<string[][]> {
  return (await page())
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
}

const subjectIn = ([first = '']: readonly string[]) => first.replaceAll('`', '');

describe('docs/compatibility.md', (it) => {
  it('has a row for each subject of 2012, with fields, ours and the difference', async () => {
    const found = await rows();

    for (const subject of subjectsOf2012) {
      const row = found.filter((each) => subjectIn(each) === subject);
      assert.is(row.length, 1, `${subject} has ${row.length} rows`);
      assert.is(row[0]?.length, 4, `${subject} has a cell too few`);
      assert.ok(
        row[0]?.every((cell) => cell !== ''),
        `${subject} has an empty cell`,
      );
    }
  });

  it('has a row for each subject that the platform uses', async () => {
    const described = new Set((await rows()).map((row) => pattern(subjectIn(row))));

    for (const { name } of await subjectsOfContract()) {
      assert.ok(described.has(pattern(name)), `${name} is not described`);
    }
  });

  it('describes nothing that there is not', async () => {
    const used = new Set((await subjectsOfContract()).map(({ name }) => pattern(name)));

    for (const row of await rows()) {
      const isUsed = used.has(pattern(subjectIn(row)));
      const isSaid = /^not sent, not heard$/.test(row[2] ?? '');
      assert.is(isUsed, !isSaid, `${subjectIn(row)}: ${row[2]}`);
    }
    for (const subject of laterSubjects) assert.ok((await page()).includes(`\`${subject}\``), subject);
  });
});
