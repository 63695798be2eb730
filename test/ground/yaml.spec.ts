import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { parseYaml, toYaml } from '#ground/yaml.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

describe('YAML', (it) => {
  it('is read with anchors and merges', () => {
    const value = parseYaml('base: &base {a: 1, b: two}\nmore:\n  <<: *base\n  b: three\nnone: ~\n');

    assert.equal(value, { base: { a: 1, b: 'two' }, more: { a: 1, b: 'three' }, none: null });
  });

  it('tells the line of a mistake', async () => {
    const error = await thrownBy(() => parseYaml('a: 1\nb: [1, 2\nc: 3\n'));

    assert.instance(error, ActionableError);
    assert.match(error.message, /^This is not YAML: .+ at line \d+, column \d+\.$/);
  });

  it('is one document, with no key twice', async () => {
    assert.match((await thrownBy(() => parseYaml('a: 1\n---\nb: 2\n'))).message, /multiple documents/);
    assert.match((await thrownBy(() => parseYaml('a: 1\na: 2\n'))).message, /Map keys must be unique/);
  });

  it('is of version 1.2, unless version 1.1 is asked for', () => {
    const text = 'on: no\nmode: 0o7\n';

    assert.equal(parseYaml(text), { on: 'no', mode: 7 });
    assert.equal(parseYaml(text, { version: '1.1' }), { true: false, mode: '0o7' });
  });

  it('leaves scalars as they are written when it is told to', () => {
    const text = 'a: 1.10\nb: yes\nc: ~\nd:\ne: [0x10, "q"]\nf: &f { g: 010 }\nh: { <<: *f }\n';
    assert.equal(parseYaml(text, { plain: true }), {
      ...{ a: '1.10', b: 'yes', c: '~', d: '', e: ['0x10', 'q'] },
      ...{ f: { g: '010' }, h: { g: '010' } },
    });
  });

  it('does not let aliases multiply', async () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...['b', 'c', 'd', 'e', 'f'].map((name, index) => {
        const before = 'abcde'.charAt(index);
        return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
      }),
    ].join('\n');

    assert.match((await thrownBy(() => parseYaml(bomb))).message, /^This is not YAML: Excessive alias count/);
  });

  it('is written such that it reads as the same', () => {
    const value = {
      text: 'a: b\n"c" \'d\' # e',
      number: '7',
      flag: 'true',
      list: [{ x: null }],
      long: 'x '.repeat(100),
    };

    assert.equal(parseYaml(toYaml(value)), value);
  });
});
