import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { exchange, subject, subjectFamily, tokenFor } from '#ground/subject.ts';
import { describe } from '../support/spec.ts';

describe('a subject', (it) => {
  it('carries the schema of its messages, and an exchange that of its replies too', () => {
    const schema = v.string();
    const reply = v.number();

    assert.equal(subject('a.b', schema), { name: 'a.b', schema });
    assert.equal(exchange('a.b', schema, reply), { name: 'a.b', schema, reply });
  });
});

describe('a family of subjects', (it) => {
  const family = subjectFamily('dea.*.start', v.string());

  it('listens to all of its members', () => {
    assert.is(family.name, 'dea.*.start');
  });

  it('has a member for each token, and finds the token of a member', () => {
    for (const token of ['1fd4b81a', 'e5c0-4a', '$&', 'ä']) {
      const member = family.at(token);

      assert.is(member.name, `dea.${token}.start`);
      assert.is(member.schema, family.schema);
      assert.is(family.tokenOf(member.name), token);
    }
  });

  it('has a member close to any text', () => {
    const tokens = ['hello', 'a b.c*', '', '\0', 'x'.repeat(10_000)].map(tokenFor);

    assert.equal(tokens, ['hello', 'a_b_c_', '_', '_', 'x'.repeat(200)]);
    for (const token of tokens) assert.is(family.at(token).name, `dea.${token}.start`);
  });

  it('has no member for what would be another subject', () => {
    for (const token of ['', 'a.b', '*', '>', 'a b', 'a\nb', 'a*', 'a\0b', 'x'.repeat(201)]) {
      assert.throws(() => family.at(token), /cannot be part of a subject/);
    }
  });
});
