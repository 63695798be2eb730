import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Count, EpochSeconds, epochSeconds, Id, Port, rubyTime } from '#contract/primitives.ts';
import { describe } from '../support/spec.ts';

describe('an id', (it) => {
  it('is text, also where a component of 2011 sent a number', () => {
    assert.is(v.parse(Id, '42'), '42');
    assert.is(v.parse(Id, 42), '42');
  });

  it('is never empty', () => {
    assert.is(v.is(Id, ''), false);
    assert.is(v.is(Id, null), false);
  });
});

describe('a port', (it) => {
  it('lies between 1 and 65535', () => {
    assert.equal(
      [0, 1, 65_535, 65_536, 80.5, '80'].filter((port) => v.is(Port, port)),
      [1, 65_535],
    );
  });
});

describe('a count', (it) => {
  it('is a whole number that every language can hold', () => {
    assert.equal(
      [0, 7, -1, 0.5, 2 ** 53, 1e308, '7'].filter((count) => v.is(Count, count)),
      [0, 7],
    );
  });
});

describe('a time', (it) => {
  it('is in seconds since 1970, with an end', () => {
    assert.equal(
      [0, 1_795_248_992.5, -1, 1e308].filter((seconds) => v.is(EpochSeconds, seconds)),
      [0, 1_795_248_992.5],
    );
  });

  it('is written as Ruby does, in UTC', () => {
    assert.is(rubyTime(new Date('2012-11-13T23:13:08.987+01:00')), '2012-11-13 22:13:08 +0000');
    assert.is(rubyTime(new Date(0)), '1970-01-01 00:00:00 +0000');
  });

  it('is told in whole seconds, the one that has begun', () => {
    assert.is(epochSeconds(1_999), 1);
    assert.is(epochSeconds(2_000), 2);
  });
});
