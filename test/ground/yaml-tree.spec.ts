import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { type YamlTree, yamlTree } from '#ground/yaml-tree.ts';
import { describe } from '../support/spec.ts';

function member(tree: YamlTree, key: string): YamlTree {
  const found = tree.value instanceof Map ? tree.value.get(key) : undefined;
  if (found === undefined) throw new Error(`There is no ${key}.`);
  return found;
}

function refusalOf(text: string): string {
  try {
    yamlTree(text, 'f.yml');
    return 'taken';
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return `${error.code} ${error.message} ${error.remedy}`;
  }
}

describe('a YAML tree', (it) => {
  it('knows where each value and key stands, and how it is written', () => {
    const tree = yamlTree('a:\n  b: 1.10\n  yes: True\n', 'f.yml');

    const b = member(member(tree, 'a'), 'b');
    assert.equal(b, {
      value: 1.1,
      written: '1.10',
      at: { file: 'f.yml', line: 2, column: 6 },
      keyAt: { file: 'f.yml', line: 2, column: 3 },
    });
    assert.is(member(member(tree, 'a'), 'yes').written, 'True');
    assert.is(yamlTree('', 'f.yml').value, null);
  });

  it('resolves aliases where they stand, and merges of which the first counts, and what stands there most', () => {
    const tree = yamlTree('x: &x {a: 1, b: 1, c: 1}\ny: &y {b: 2, d: 2}\nz:\n  <<: [*y, *x]\n  c: 3\nw: *y\n', 'f.yml');

    const z = member(tree, 'z');
    assert.equal(
      ['a', 'b', 'c', 'd'].map((key) => member(z, key).value),
      [1, 2, 3, 2],
    );
    assert.equal(member(tree, 'w').at, { file: 'f.yml', line: 6, column: 4 });
  });

  it('takes a key of any letters for itself', () => {
    const tree = yamlTree('"__proto__": 1\n404: 2\nconstructor: 3\n', 'f.yml');

    assert.equal(
      ['__proto__', '404', 'constructor'].map((key) => member(tree, key).value),
      [1, 2, 3],
    );
  });

  it('is refused with the place and what to do', () => {
    const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
    for (let n = 1; n < 12; n += 1)
      bomb.push(
        `a${n}: &a${n} [${Array(9)
          .fill(`*a${n - 1}`)
          .join(',')}]`,
      );
    const cases: [string, RegExp][] = [
      ['a:\n\t- b', /^BAD_INPUT f\.yml:2:1: the line is indented with a tab\. Indent with spaces\.$/],
      ['a: 1\nb: 2\na: 3\n', /f\.yml:3:1: the key 'a' stands here for the second time\. Keep one/],
      ['a: 1\n---\nb: 2\n', /f\.yml:2:1: a second document begins here\. Keep one document/],
      ['a: *x\n', /f\.yml:1:4: there is no anchor &x before this alias\. Write `&x`/],
      ['a: &a [1, *a]\n', /f\.yml:1:11: \*a stands for something it is part of itself\./],
      ['<<: 3\n', /f\.yml:1:5: `<<` takes in a mapping, and this is none\./],
      ['a: b: c', /f\.yml:1:4: this is not YAML: nested mappings/],
      ['a: "x', /f\.yml:1:6: this is not YAML: missing closing "quote\./],
      ['a: !secret x', /f\.yml:1:4: unknown tag: !secret\./],
      ['a: !!binary aGk=', /f\.yml:1:\d+: this kind of value means nothing here\./],
      ['? [a]\n: b', /f\.yml:1:3: this key is no name\./],
      [bomb.join('\n'), /f\.yml:6:\d+: what aliases stand for adds up to more than 100,000 values\. Use fewer aliases/],
      ['['.repeat(20_000), /f\.yml:1:1: is nested too deeply\./],
      [`a: ${'x'.repeat(1_100_000)}`, /f\.yml:1:1: is larger than 1 MB\./],
    ];
    for (const [text, expected] of cases) assert.match(refusalOf(text), expected, text.slice(0, 80));
  });
});
