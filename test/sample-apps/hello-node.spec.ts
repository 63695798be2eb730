import * as assert from 'uvu/assert';
import { describe } from '../support/spec.ts';
import { App, instanceIndex, isCleanEnd } from './run-app.ts';

const node = { command: ['node', 'app.js'], needs: 'Node 20 or newer' } as const;

describe('sample app hello-node', (it) => {
  it('answers with its instance', async (scope) => {
    const app = await App.start(scope, 'hello-node', node);

    const { status, type, body } = await app.get('/');

    assert.is(status, 200);
    assert.match(type, 'text/plain');
    assert.is(body, `Hello from Node, instance ${instanceIndex}.\n`);
  });

  it('greets as its environment says', async (scope) => {
    const app = await App.start(scope, 'hello-node', { ...node, env: { GREETING: 'Hej' } });

    assert.match((await app.get('/')).body, /^Hej from Node/);
  });

  it('shows a few variables of its environment, and no other', async (scope) => {
    const env = { GREETING: 'Hej', DATABASE_PASSWORD: 'open sesame' };
    const app = await App.start(scope, 'hello-node', { ...node, env });

    const { body } = await app.get('/env');

    assert.match(body, 'GREETING=Hej\n');
    assert.match(body, `PORT=${app.port}\n`);
    assert.not.match(body, 'open sesame');
  });

  it('listens on VCAP_APP_PORT when there is no PORT', async (scope) => {
    const app = await App.start(scope, 'hello-node', { ...node, env: { PORT: undefined, VCAP_APP_PORT: '%PORT%' } });

    assert.is((await app.get('/')).status, 200);
  });

  it('is instance 0 without a platform', async (scope) => {
    const app = await App.start(scope, 'hello-node', { ...node, env: { VCAP_APPLICATION: undefined } });

    assert.match((await app.get('/')).body, 'instance 0.');
  });

  it('says so when there is no such page, and goes on', async (scope) => {
    const app = await App.start(scope, 'hello-node', node);

    for (const path of ['/nowhere', '//', '/toString']) assert.is((await app.get(path)).status, 404);
    assert.is((await app.get('/?a=b')).status, 200);
  });

  it('listens on the loopback address only', async (scope) => {
    const app = await App.start(scope, 'hello-node', node);

    assert.not(await app.isListening('127.0.0.2'));
  });

  it('listens on the address which VCAP_APP_HOST names', async (scope) => {
    const ofNoMachine = '192.0.2.1';
    const app = await App.launch(scope, 'hello-node', { ...node, env: { VCAP_APP_HOST: ofNoMachine } });

    assert.is((await app.exited).code, 1);
    await app.says(`address not available ${ofNoMachine}:${app.port}`);
  });

  it('leaves on SIGTERM while a connection is open', async (scope) => {
    const app = await App.start(scope, 'hello-node', node);
    await app.holdConnection(scope);

    assert.ok(isCleanEnd(await app.stop()));
  });

  it('leaves on SIGTERM', async (scope) => {
    const app = await App.start(scope, 'hello-node', node);

    assert.ok(isCleanEnd(await app.stop()));
  });
});
