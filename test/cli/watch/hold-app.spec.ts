import * as assert from 'uvu/assert';
import { holdApp } from '#cli/watch/hold-app.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

async function holding(scope: Scope) {
  const home = await scratchDirectory(scope);
  const { signal } = new AbortController();
  return (app: string, folder: string) => holdApp({ home, app, folder, takeOver: false, signal });
}

describe('an app that is held', (it) => {
  it('is had by nobody else until it is let go', async (scope) => {
    const hold = await holding(scope);
    const first = await hold('shop', '/srv/shop');

    const refusal = await hold('shop', '/home/me/shop').catch(String);
    assert.match(String(refusal), `The watch of /srv/shop (pid ${process.pid}) has shop already.`);
    scope.use(await hold('other', '/srv/shop'));

    await first[Symbol.asyncDispose]();
    const second = scope.use(await hold('shop', '/home/me/shop'));
    assert.is(await second.takenOverFor(), undefined);
  });

  it('may be called anything', async (scope) => {
    const hold = await holding(scope);

    scope.use(await hold(`../${'x'.repeat(300)}/é`, '/srv/shop'));
  });
});
