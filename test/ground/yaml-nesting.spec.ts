import * as assert from 'uvu/assert';
import { parseYaml } from '#ground/yaml.ts';
import { isNestedTooDeeply } from '#ground/yaml-nesting.ts';
import { describe } from '../support/spec.ts';

/** A mapping in a mapping in a mapping. */
const blocks = (levels: number) => Array.from({ length: levels }, (_, n) => `${' '.repeat(n)}a:`).join('\n');

describe('the nesting of a YAML text', (it) => {
  it('may be as deep as people write, and is read then', () => {
    for (const text of [blocks(100), '- '.repeat(100), `${'['.repeat(100)}${']'.repeat(100)}`, '[1]\n'.repeat(1)]) {
      assert.is(isNestedTooDeeply(text), false);
      parseYaml(text);
    }
    assert.is(isNestedTooDeeply(`${'- [1, {a: 2}]\n'.repeat(5_000)}`), false);
    assert.is(isNestedTooDeeply(`${'a:\n  b:\n   - c\n'.repeat(5_000)}`), false);
  });

  it('may not be so deep that reading it ends the process', () => {
    for (const text of [
      blocks(2_000),
      '- '.repeat(20_000),
      '? '.repeat(20_000),
      '['.repeat(20_000),
      '{a: '.repeat(20_000),
      `"don't [": [\n${'[\n'.repeat(20_000)}`,
      `a: [${'\n{b: '.repeat(5_000)}`,
    ]) {
      assert.throws(() => parseYaml(text), /nested too deeply/, text.slice(0, 20));
    }
  });
});
