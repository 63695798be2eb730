import * as assert from 'uvu/assert';
import { leftOutByHabit } from '#cli/push/ignore-rules.ts';
import { annotationNames, describedStackato, parseStackato } from '#workload/manifest/index.ts';
import { documents } from '../../support/documents.ts';
import { describe } from '../../support/spec.ts';
import { appsOf, facts } from './manifests.ts';

async function page() {
  const found = (await documents()).find(({ path }) => path === 'docs/manifest.md');
  if (found === undefined) throw new Error('There is no page about manifests.');
  const blocks = (tag: string) => found.blocks.filter(({ tags }) => tags.includes(tag)).map(({ text }) => text);
  return {
    ...found,
    manifests: blocks('manifest'),
    stackatos: blocks('stackato'),
    variables: blocks('variables'),
    habit: blocks('habit'),
  };
}

describe('the page about manifests', (it) => {
  it('shows manifests that are read without a word', async () => {
    const { manifests, variables } = await page();
    const [vars = ''] = variables;

    const apps = manifests.map((text) => appsOf(text, { vars }));

    assert.equal(
      apps.map((each) => each.map(({ name }) => name)),
      [['shop'], ['shop'], ['front', 'back'], ['shop-test']],
    );
    assert.equal(
      apps.flat().flatMap(({ remarks }) => remarks),
      [],
    );
    assert.equal(apps[1]?.[0]?.attributes['env'], { COLOUR: 'green', RELEASE: '1.10', OLD: null });
    assert.equal(apps[3]?.[0]?.attributes['env'], { DATABASE: 'postgres://127.0.0.1/shop' });
  });

  it('shows a stackato.yml that is read', async () => {
    const { stackatos } = await page();

    const entries = stackatos.map((text) => describedStackato(parseStackato({ file: '/s', text }), facts, undefined));

    assert.is(entries.length, 1);
    assert.equal(entries[0]?.attributes['routes'], [{ route: 'shop.paas.test' }]);
    assert.equal(entries[0]?.prePush, ['npm run build']);
  });

  it('names what travels along, and what is left out by habit', async () => {
    const { text, habit } = await page();

    for (const name of Object.values(annotationNames)) assert.ok(text.includes(`| \`${name}\` |`), name);
    assert.equal(habit.join('').trim().split('\n'), leftOutByHabit);
  });
});
