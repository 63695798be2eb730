import * as assert from 'uvu/assert';
import { portOf, urlOf } from '#cli/addresses.ts';
import { describe } from '../support/spec.ts';

describe('addresses', (it) => {
  it('put the port of the router behind the host', () => {
    const platform = { url: 'http://127.0.0.1:8080' };

    assert.is(urlOf('hello.localhost', platform), 'http://hello.localhost:8080');
    assert.is(urlOf('hello.localhost/api/v1', platform), 'http://hello.localhost:8080/api/v1');
    assert.is(urlOf('hello.localhost', { url: 'http://127.0.0.1:80' }), 'http://hello.localhost');
  });

  it('have a port even where a URL leaves it out', () => {
    assert.is(portOf('http://127.0.0.1:8080'), '8080');
    assert.is(portOf('http://127.0.0.1:80'), '80');
    assert.is(portOf('http://127.0.0.1'), '80');
    assert.is(portOf('nats://127.0.0.1:4222'), '4222');
  });
});
