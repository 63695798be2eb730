import * as assert from 'uvu/assert';
import { describe } from '../support/spec.ts';
import { App, instanceIndex, isCleanEnd } from './run-app.ts';

const ruby = {
  command: ['ruby', 'app.rb', '-p', '%PORT%'],
  needs: 'the Debian packages ruby, ruby-sinatra and ruby-webrick, or the gems sinatra, rackup and webrick',
  env: { RACK_ENV: 'production', PORT: undefined },
} as const;

/** What a droplet's `startup` does before the app starts: unbuffered output, and the old name of rubygems. */
const startup = `
  mkdir ../ruby; echo '$stdout.sync = true' > ../ruby/stdsync.rb; : > ../ruby/ubygems.rb
  export RUBYOPT="-rubygems -I$PWD/../ruby -rstdsync"
  exec ruby app.rb -p %PORT%`;

describe('sample app hello-sinatra', (it) => {
  it('answers with its instance', async (scope) => {
    const app = await App.start(scope, 'hello-sinatra', ruby);

    const { status, type, body } = await app.get('/');

    assert.is(status, 200);
    assert.match(type, 'text/plain');
    assert.match(body, new RegExp(`^Hello from Ruby \\d\\S+, instance ${instanceIndex}\\.\n$`));
  });

  it('answers by name, and says so when there is no such page', async (scope) => {
    const app = await App.start(scope, 'hello-sinatra', ruby);

    assert.is((await app.get('/hello/Ada')).body, `Hello Ada, this is instance ${instanceIndex}.\n`);
    assert.is((await app.get('/nowhere')).status, 404);
  });

  it('runs with the RUBYOPT which a startup script sets', async (scope) => {
    const app = await App.start(scope, 'hello-sinatra', { ...ruby, command: ['sh', '-c', startup] });

    assert.is((await app.get('/')).status, 200);
  });

  it('listens on PORT when no -p is given', async (scope) => {
    const app = await App.start(scope, 'hello-sinatra', { ...ruby, command: ['ruby', 'app.rb'], env: {} });

    assert.is((await app.get('/')).status, 200);
  });

  it('listens on the loopback address only, in production too', async (scope) => {
    const app = await App.start(scope, 'hello-sinatra', ruby);

    assert.not(await app.isListening('127.0.0.2'));
  });

  it('leaves on SIGTERM while a connection is open', async (scope) => {
    const app = await App.start(scope, 'hello-sinatra', ruby);
    await app.holdConnection(scope);

    assert.ok(isCleanEnd(await app.stop()));
  });

  it('leaves on SIGTERM', async (scope) => {
    const app = await App.start(scope, 'hello-sinatra', ruby);

    assert.ok(isCleanEnd(await app.stop()));
  });
});
