import * as assert from 'uvu/assert';
import { changedAnnotations, hooksOf, variablesFor } from '#components/cloud-controller/app-annotations.ts';
import { chosenFrameworkOf, chosenRuntimeOf, withChosen } from '#components/cloud-controller/chosen-technology.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { appRecord } from './records.ts';

describe('annotations of an app', (it) => {
  it('by which we act are refused when they cannot be understood', async () => {
    const cases: Record<string, [text: string, reason: RegExp]> = {
      'localpaas/hooks': ['npm run build', /it is not JSON\. Correct it, or take it away/],
      'localpaas/env-scopes': ['{"A": "always"}', /A: must be staging or runtime/],
      'localpaas/cron': ['["* * * * * x", "61 * * * * y"]', /The cron line '61 \* \* \* \* y' .* '61' is no minute/],
      'localpaas/idle-stop': ['10', /it must be a time such as 90s, 10m or 1h30m, or 'never'\./],
      'localpaas/framework-settings': ['[]', /The annotation localpaas\/framework-settings cannot be understood/],
    };
    for (const [name, [text, reason]] of Object.entries(cases)) {
      assert.match((await thrownBy(() => changedAnnotations({}, { [name]: text }))).message, reason);
    }
    const hooks = { 'localpaas/hooks': '{"pre-staging": "npm run build"}' };
    assert.match((await thrownBy(() => changedAnnotations({}, hooks))).message, /pre-staging/);
  });

  it('of others are theirs', () => {
    assert.equal(changedAnnotations({ a: 'x' }, { a: null, b: '{' }), { b: '{' });
  });

  it('that were there before anybody looked say nothing', () => {
    const app = appRecord({
      environment: { A: '1' },
      annotations: { 'localpaas/hooks': '{', 'localpaas/env-scopes': '7' },
    });

    assert.equal(hooksOf(app), {});
    assert.equal(variablesFor('staging', app), ['A=1']);
  });

  it('name a runtime in the settings of a stackato.yml, unless another one was chosen', () => {
    const settings = { 'localpaas/framework-settings': '{"type": "sinatra", "runtime": "ruby18"}' };
    const store = { all: () => [] };

    assert.is(chosenRuntimeOf(appRecord({ annotations: settings })), 'ruby18');
    assert.is(chosenRuntimeOf(appRecord({ annotations: withChosen(settings, { runtime: 'ruby19' }) })), 'ruby19');
    assert.is(chosenFrameworkOf(store, appRecord({ annotations: settings })), undefined);
  });
});
