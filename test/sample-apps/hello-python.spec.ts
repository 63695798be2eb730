import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { describe } from '../support/spec.ts';
import { App, instanceIndex, isCleanEnd } from './run-app.ts';

const python = { command: ['python3', 'wsgi.py'], needs: 'the Debian package python3' } as const;

describe('sample app hello-python', (it) => {
  it('answers with its instance', async (scope) => {
    const app = await App.start(scope, 'hello-python', python);

    const { status, type, body } = await app.get('/');

    assert.is(status, 200);
    assert.match(type, 'text/plain');
    assert.match(body, new RegExp(`^Hello from Python 3\\.\\d+\\.\\S+, instance ${instanceIndex}\\.\n$`));
  });

  it('says so when there is no such page', async (scope) => {
    const app = await App.start(scope, 'hello-python', python);

    assert.is((await app.get('/nowhere')).status, 404);
  });

  it('is a WSGI application for a server that imports it, and starts none itself', async (scope) => {
    const app = await App.start(scope, 'hello-python', python);
    const script =
      'import wsgi; print(list(wsgi.application({"PATH_INFO": "/"}, lambda status, headers: print(status))))';

    const { stdout } = await promisify(execFile)('python3', ['-c', script], { cwd: app.directory, timeout: 5_000 });

    assert.match(stdout, /^200 OK\n\[b'Hello from Python .*, instance 0\.\\n'\]\n$/);
  });

  it('listens on the loopback address only', async (scope) => {
    const app = await App.start(scope, 'hello-python', python);

    assert.not(await app.isListening('127.0.0.2'));
  });

  it('leaves on SIGTERM while a connection is open', async (scope) => {
    const app = await App.start(scope, 'hello-python', python);
    await app.holdConnection(scope);

    assert.ok(isCleanEnd(await app.stop()));
  });

  it('leaves on SIGTERM', async (scope) => {
    const app = await App.start(scope, 'hello-python', python);

    assert.ok(isCleanEnd(await app.stop()));
  });
});
