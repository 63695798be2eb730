import * as assert from 'uvu/assert';
import { jsonIn } from '#ground/json-in.ts';
import { describe } from '../support/spec.ts';

describe('the value in a JSON text', (it) => {
  it('is what the text stands for', () => {
    assert.equal(jsonIn('{"a":[1,null]}'), { a: [1, null] });
    assert.is(jsonIn('null'), null);
  });

  it('is undefined when the text is no JSON', () => {
    for (const text of ['', '{', 'undefined', '{"a":1', "{'a':1}"]) assert.is(jsonIn(text), undefined, text);
  });
});
