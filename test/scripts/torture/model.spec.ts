import * as assert from 'uvu/assert';
import type { Change } from '../../../scripts/torture/changes.ts';
import { Model, type Seen } from '../../../scripts/torture/model.ts';
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

const seen = (environment: Record<string, string> = {}, instances = 1, others: Partial<Seen> = {}): Seen => ({
  environment,
  instances,
  state: 'STARTED',
  routes: ['app'],
  hasDroplet: true,
  ...others,
});

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

    assert.equal(model.problemsIn('other', seen({ KEY: 'x' }, 1, { routes: ['other'] })), [
      'other: variable KEY was set by nobody',
    ]);
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

describe('the state of an app', (it) => {
  it('is what it was last told', () => {
    const model = modelAfter(['!', { kind: 'stop', way: 'api' }]);

    assert.equal(model.problemsIn('app', seen({}, 1, { state: 'STOPPED' })), []);
    assert.equal(model.problemsIn('app', seen()), ['app: state is "STARTED", not "STOPPED"']);
    model.attempt('app', { kind: 'start', way: 'api' });
    assert.equal(model.problemsIn('app', seen()), []);
  });

  it('is started after a push', () => {
    const model = modelAfter(['!', { kind: 'stop', way: 'api' }], ['!', pushOf('v2')]);

    assert.is(model.problemsIn('app', seen({}, 1, { state: 'STOPPED' })).length, 1);
    assert.equal(model.problemsIn('app', seen()), []);
  });
});

describe('routes', (it) => {
  const map: Change = { kind: 'map-route', host: 'www' };
  const unmap: Change = { kind: 'unmap-route', host: 'www' };
  const routedTo = (...routes: string[]) => seen({}, 1, { routes });

  it('are there when they were mapped, and gone when they were unmapped', () => {
    assert.equal(modelAfter(['!', map]).problemsIn('app', routedTo('app')), ['app: route www is absent, not true']);
    assert.equal(modelAfter(['!', map]).problemsIn('app', routedTo('app', 'www')), []);
    assert.is(modelAfter(['!', map], ['!', unmap]).problemsIn('app', routedTo('app', 'www')).length, 1);
    assert.equal(modelAfter(['!', map], ['?', unmap]).problemsIn('app', routedTo('app')), []);
  });

  it('must have been mapped by somebody', () => {
    assert.equal(modelAfter().problemsIn('app', routedTo('app', 'www')), ['app: route www was set by nobody']);
  });

  it('are made by a push only for an app that has none', () => {
    const model = new Model();
    model.addName('app');
    const acknowledge = (change: Change) => {
      model.attempt('app', change);
      model.acknowledge('app', change);
    };
    acknowledge({ kind: 'create' });
    acknowledge(map);
    acknowledge(pushOf('v1'));

    assert.equal(model.problemsIn('app', routedTo('www')), []);
    assert.equal(model.problemsIn('app', routedTo('www', 'app')), []);
    acknowledge({ kind: 'delete', way: 'api' });
    acknowledge(pushOf('v2'));
    assert.equal(model.problemsIn('app', routedTo()), ['app: route app is absent, not true']);
  });
});

describe('an app that comes and goes', (it) => {
  const create: Change = { kind: 'create' };
  const remove: Change = { kind: 'delete', way: 'api' };
  const bare = seen({}, 1, { state: 'STOPPED', routes: [], hasDroplet: false });
  const modelOfGuest = (...changes: (readonly ['!' | '?', Change])[]) => {
    const model = new Model();
    model.addName('app');
    for (const [mark, change] of changes) {
      model.attempt('app', change);
      if (mark === '!') model.acknowledge('app', change);
    }
    return model;
  };

  it('must be there or not, as was acknowledged', () => {
    assert.equal(modelOfGuest().problemsIn('app', bare), ['app: existence is true, not false']);
    assert.equal(modelOfGuest(['!', create]).problemsIn('app', bare), []);
    assert.equal(modelOfGuest(['!', create]).problemsIn('app', undefined), ['app: existence is false, not true']);
    assert.equal(modelOfGuest(['!', create], ['!', remove]).problemsIn('app', undefined), []);
    assert.is(modelOfGuest(['!', create], ['!', remove]).problemsIn('app', bare).length, 1);
  });

  it('may be there or not where the answer did not come', () => {
    for (const model of [modelOfGuest(['?', create]), modelOfGuest(['!', create], ['?', remove])]) {
      assert.equal(model.problemsIn('app', bare), []);
      assert.equal(model.problemsIn('app', undefined), []);
    }
  });

  it('may be anything between a record and a running app after a push that was cut short', () => {
    const model = modelOfGuest(['?', pushOf('v1')]);

    for (const now of [undefined, bare, { ...bare, routes: ['app'] }, { ...bare, hasDroplet: true }, seen()]) {
      assert.equal(model.problemsIn('app', now), []);
    }
  });

  it('has nothing of the one before it', () => {
    const model = modelOfGuest(['!', create], ['!', setTo('old')], ['!', remove], ['!', create]);

    assert.equal(model.problemsIn('app', bare), []);
    assert.equal(model.problemsIn('app', { ...bare, environment: { KEY: 'old' } }), [
      'app: variable KEY was set by nobody',
    ]);
  });

  it('takes only changes that make sense', () => {
    const allowed = (model: Model) =>
      (
        [
          create,
          remove,
          setTo('x'),
          pushOf('v'),
          { kind: 'stop', way: 'api' },
          { kind: 'unmap-route', host: 'www' },
        ] as const
      )
        .filter((change) => model.allows('app', change))
        .map(({ kind }) => kind);

    assert.equal(allowed(modelOfGuest()), ['create', 'push']);
    assert.equal(allowed(modelOfGuest(['!', create])), ['delete', 'set-env', 'push']);
    assert.equal(allowed(modelOfGuest(['!', pushOf('v')], ['!', { kind: 'map-route', host: 'www' }])), [
      'delete',
      'set-env',
      'push',
      'stop',
      'unmap-route',
    ]);
    assert.equal(allowed(modelOfGuest(['?', create])), ['push']);
  });
});

describe('what was seen when nothing was under way', (it) => {
  it('must stay', () => {
    const model = modelAfter(['?', setTo('one')], ['?', scaleTo(2)], ['?', pushOf('v2')], ['?', unset]);

    model.settle('app', seen({ KEY: 'one' }, 2), 'v2');

    assert.equal(model.versionsOf('app'), ['v2']);
    assert.equal(model.problemsIn('app', seen({ KEY: 'one' }, 2)), []);
    assert.is(model.problemsIn('app', seen({}, 1)).length, 2);
  });

  it('may be that the app is gone, and all that belonged to it', () => {
    const model = modelAfter(['!', setTo('old')], ['?', { kind: 'delete', way: 'api' }]);

    model.settle('app', undefined);
    model.attempt('app', pushOf('v9'));

    assert.equal(model.problemsIn('app', seen()), []);
    assert.is(model.problemsIn('app', seen({ KEY: 'old' })).length, 1);
    assert.equal(model.versionsOf('app'), ['v9']);
  });
});
