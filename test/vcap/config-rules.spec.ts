import * as assert from 'uvu/assert';
import { ConfigError, checkedConfig, config, type Rule } from '#vcap/config-rules.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const { text, whole, number, yesOrNo, list, record, optional } = config;

describe('the rules of a configuration of 2012', (it) => {
  it('accept what is as it must be, with keys they do not know', () => {
    const rule = record({
      name: text,
      size: whole,
      ratio: optional(number),
      on: yesOrNo,
      parts: list(record({ id: whole })),
      dirs: optional(record({ tmp: optional(text) })),
    });
    const value = { name: 'x', size: -3, ratio: 0.5, on: false, parts: [{ id: 1 }], dirs: {}, more: ['!'] };

    assert.is(rule.mistakeIn(value), undefined);
    assert.is(checkedConfig(value, rule), value);
    assert.is(checkedConfig({ name: '', size: 0, on: true, parts: [] }, rule).dirs, undefined);
  });

  const given: readonly [Rule<unknown>, unknown, string][] = [
    [text, 7, 'Expected instance of String, given an instance of Integer'],
    [text, 0.5, 'Expected instance of String, given an instance of Float'],
    [text, true, 'Expected instance of String, given an instance of TrueClass'],
    [text, false, 'Expected instance of String, given an instance of FalseClass'],
    [text, ['x'], 'Expected instance of String, given an instance of Array'],
    [text, {}, 'Expected instance of String, given an instance of Hash'],
    [text, new Date(0), 'Expected instance of String, given an instance of Time'],
    [whole, null, 'Expected instance of Integer, given an instance of NilClass'],
    [whole, '7', 'Expected instance of Integer, given an instance of String'],
    [number, '7', 'Expected instance of Numeric, given an instance of String'],
    [yesOrNo, 'maybe', 'Expected instance of true or false, given maybe'],
    [yesOrNo, null, 'Expected instance of true or false, given '],
    [yesOrNo, [1], 'Expected instance of true or false, given [1]'],
    [list(text), 'x', 'Expected instance of Array, given instance of String'],
    [list(whole), [1, 'x', 2, null], `At index 1: ${whole.mistakeIn('x')}, At index 3: ${whole.mistakeIn(null)}`],
    [record({}), [], 'Expected instance of Hash, given instance of Array'],
    [
      record({ a: text, b: optional(text), c: text }),
      { b: 1 },
      `{ a => Missing key, b => ${text.mistakeIn(1)}, c => Missing key }`,
    ],
    [record({ a: record({ b: text }) }), { a: {} }, '{ a => { b => Missing key } }'],
    [record({ toString: text }), {}, '{ toString => Missing key }'],
  ];
  given.forEach(([rule, value, mistake], index) => {
    it(`refuse with the original's words, ${index + 1}: ${mistake.slice(0, 60)}`, async () => {
      assert.is(rule.mistakeIn(value), mistake);

      const error = await thrownBy(() => checkedConfig(value, rule));
      assert.instance(error, ConfigError);
      assert.is(error.message, `ERROR: There was a problem validating the supplied config: ${mistake}`);
    });
  });
});
