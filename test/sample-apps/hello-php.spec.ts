import * as assert from 'uvu/assert';
import { describe } from '../support/spec.ts';
import { App, instanceIndex, isCleanEnd } from './run-app.ts';

const php = { command: ['php', '-S', '127.0.0.1:%PORT%'], needs: 'the Debian package php-cli' } as const;

describe('sample app hello-php', (it) => {
  it('answers with its instance', async (scope) => {
    const app = await App.start(scope, 'hello-php', php);

    const { status, type, body } = await app.get('/');

    assert.is(status, 200);
    assert.match(type, 'text/html');
    assert.match(body, '<h1>Hello, you</h1>');
    assert.match(body, `instance ${instanceIndex}.`);
  });

  it('greets by name', async (scope) => {
    const app = await App.start(scope, 'hello-php', php);

    assert.match((await app.get('/?name=Ada')).body, '<h1>Hello, Ada</h1>');
  });

  it('makes no markup of a name, and no error of a strange one', async (scope) => {
    const app = await App.start(scope, 'hello-php', php);

    const strange = await app.get('/?name[]=Ada');

    assert.match((await app.get('/?name=%3Cb%3EAda%3C/b%3E')).body, '<h1>Hello, &lt;b&gt;Ada&lt;/b&gt;</h1>');
    assert.is(strange.status, 200);
    assert.match(strange.body, '<h1>Hello, you</h1>');
  });

  it('is instance 0 without a platform', async (scope) => {
    const app = await App.start(scope, 'hello-php', { ...php, env: { VCAP_APPLICATION: undefined } });

    assert.match((await app.get('/')).body, 'instance 0.');
  });

  it('leaves on SIGTERM while a connection is open', async (scope) => {
    const app = await App.start(scope, 'hello-php', php);
    await app.holdConnection(scope);

    assert.ok(isCleanEnd(await app.stop()));
  });

  it('leaves on SIGTERM', async (scope) => {
    const app = await App.start(scope, 'hello-php', php);

    assert.ok(isCleanEnd(await app.stop()));
  });
});
