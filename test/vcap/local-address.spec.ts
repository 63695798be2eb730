import { networkInterfaces } from 'node:os';
import * as assert from 'uvu/assert';
import { localAddressFor } from '#vcap/local-address.ts';
import { describe } from '../support/spec.ts';

describe("the machine's own address", (it) => {
  it('is that of the loopback interface for the loopback interface', async () => {
    assert.is(await localAddressFor('127.0.0.1'), '127.0.0.1');
  });

  it('is one of its own for any other, or that of the loopback interface where no way leads there', async () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));

    assert.ok(own.includes(await localAddressFor('198.41.0.4')));
  });

  it('is that of the loopback interface for what is no address', async () => {
    for (const route of ['', 'router.example', '::1', '999.1.1.1']) {
      assert.is(await localAddressFor(route), '127.0.0.1');
    }
  });
});
