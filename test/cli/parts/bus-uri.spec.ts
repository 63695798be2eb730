import * as assert from 'uvu/assert';
import { busAddressOf, shownAddress, usualBusUri } from '#cli/parts/bus-uri.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('the address of a message bus', (it) => {
  it('is where it usually is, or where a file says', () => {
    assert.equal(busAddressOf(usualBusUri), { url: 'nats://localhost:4222' });
    assert.equal(busAddressOf('nats://10.0.0.7'), { url: 'nats://10.0.0.7:4222' });
    assert.equal(busAddressOf('nats://[::1]:4333/'), { url: 'nats://[::1]:4333' });
  });

  it('has an account in it where the bus wants one, and is shown without the password', () => {
    const uri = 'nats://me:a%40b@127.0.0.1:4333';

    assert.equal(busAddressOf(uri), { url: 'nats://127.0.0.1:4333', user: 'me', password: 'a@b' });
    assert.equal(busAddressOf('nats://me:100%@h:1').password, '100%');
    assert.is(shownAddress(uri), 'nats://me:***@127.0.0.1:4333');
  });

  it('is refused where it is none', async () => {
    for (const uri of ['', 'localhost', 'localhost:4222', 'http://127.0.0.1:4222', 'nats://', 'nats://h:port']) {
      const error = await thrownBy(() => busAddressOf(uri));
      assert.instance(error, ActionableError);
      assert.match(error.message, 'is no address of a message bus');
    }
  });
});
