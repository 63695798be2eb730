import * as assert from 'uvu/assert';
import { Model } from '../../../scripts/torture/model.ts';
import type { Change } from '../../../scripts/torture/plan.ts';
import { describe } from '../../support/spec.ts';

const setTo = (value: string, key = 'KEY'): Change => ({ kind: 'set-env', key, value, way: 'api' });
const unset: Change = { kind: 'unset-env', key: 'KEY', way: 'api' };
const scaleTo = (instances: number): Change => ({ kind: 'scale', instances, way: 'api' });
const pushOf = (version: string): Change => ({ kind: 'push', version });

/** A model of one app, to which these changes happened; `!` in front means acknowledged. */
function modelAfter(...changes: (readonly ['!' | '?', Change])[]): Model {
  const model = new Model();
  model.add('app', { version: 'v1', instances: 1 });
  for (const [mark, change] of changes) {
    model.attempt('app', change);
    if (mark === '!') model.acknowledge('app', change);
  }
  return model;
}

const seen = (environment: Record<string, string> = {}, instances = 1) => ({ environment, instances });

describe('what was acknowledged', (it) => {
  it('must be there', () => {
    const model = modelAfter(['!', setTo('new')], ['!', scaleTo(3)]);

    assert.equal(model.problemsIn('app', seen({ KEY: 'new' }, 3)), []);
    assert.equal(model.problemsIn('app', seen({ KEY: 'old' }, 3)), ['app: variable KEY is "old", not "new"']);
    assert.equal(model.problemsIn('app', seen({}, 3)), ['app: variable KEY is absent, not "new"']);
    assert.equal(model.problemsIn('app', seen({ KEY: 'new' }, 1)), ['app: instances is 1, not 3']);
  });

  it('must be there byte for byte', () => {
    const model = modelAfter(['!', setTo('line\r\n é')]);

    for (const damaged of ['line\n é', 'line\r\n é ', 'line\r\n e\u0301', '']) {
      assert.is(model.problemsIn('app', seen({ KEY: damaged })).length, 1, JSON.stringify(damaged));
    }
  });

  it('must be gone where it was taken away', () => {
    const model = modelAfter(['!', setTo('x')], ['!', unset]);

    assert.equal(model.problemsIn('app', seen()), []);
    assert.equal(model.problemsIn('app', seen({ KEY: 'x' })), ['app: variable KEY is "x", not absent']);
  });

  it('makes what was before it impossible', () => {
    const model = modelAfter(['!', setTo('one')], ['?', setTo('two')], ['!', setTo('three')]);

    assert.is(model.problemsIn('app', seen({ KEY: 'one' })).length, 1);
    assert.is(model.problemsIn('app', seen({ KEY: 'two' })).length, 1);
    assert.equal(model.problemsIn('app', seen({ KEY: 'three' })), []);
  });
});

describe('what was not acknowledged', (it) => {
  it('may be there or not', () => {
    const model = modelAfter(['!', setTo('one')], ['?', setTo('two')], ['?', unset], ['?', scaleTo(2)]);

    for (const environment of [{ KEY: 'one' }, { KEY: 'two' }, {}]) {
      assert.equal(model.problemsIn('app', seen(environment, 1)), []);
      assert.equal(model.problemsIn('app', seen(environment, 2)), []);
    }
    assert.equal(model.problemsIn('app', seen({ KEY: 'three' })), [
      'app: variable KEY is "three", not "one" or "two" or absent',
    ]);
  });

  it('may be there also where nothing was before', () => {
    const model = modelAfter(['?', setTo('first')]);

    assert.equal(model.problemsIn('app', seen()), []);
    assert.equal(model.problemsIn('app', seen({ KEY: 'first' })), []);
  });

  it('may be the version that is served', () => {
    assert.equal(modelAfter(['?', pushOf('v2')]).versionsOf('app'), ['v1', 'v2']);
    assert.equal(modelAfter(['?', pushOf('v2')], ['!', pushOf('v3')]).versionsOf('app'), ['v3']);
  });
});

describe('an app', (it) => {
  it('is certain when nothing unacknowledged can change what runs', () => {
    assert.is(modelAfter().isCertain('app'), true);
    assert.is(modelAfter(['?', setTo('x')]).isCertain('app'), true);
    assert.is(modelAfter(['?', pushOf('v2')]).isCertain('app'), false);
    assert.is(modelAfter(['?', scaleTo(2)]).isCertain('app'), false);
    assert.is(modelAfter(['?', pushOf('v2')], ['!', pushOf('v3')]).isCertain('app'), true);
  });
});

describe('what nobody asked for', (it) => {
  it('must not be there', () => {
    assert.equal(modelAfter().problemsIn('app', seen({ OTHER: 'x' })), ['app: variable OTHER was set by nobody']);
  });

  it('must not come from another app', () => {
    const model = modelAfter(['!', setTo('x')]);
    model.add('other', { version: 'v1', instances: 1 });

    assert.equal(model.problemsIn('other', seen({ KEY: 'x' })), ['other: variable KEY was set by nobody']);
    assert.throws(() => model.problemsIn('third', seen()), /no app third/);
  });
});

describe('a report of a loss', (it) => {
  it('stays short for large values', () => {
    const model = modelAfter(['!', setTo('x'.repeat(50_000))]);

    const [problem = ''] = model.problemsIn('app', seen({ KEY: 'y'.repeat(49_999) }));

    assert.ok(problem.length < 300);
    assert.match(problem, '(49999 characters)');
    assert.match(problem, '(50000 characters)');
  });
});
