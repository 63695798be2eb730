import * as assert from 'uvu/assert';
import { hasAddress } from '#cli/service/own-addresses.ts';
import { describe } from '../../support/spec.ts';

describe('own addresses', (it) => {
  it('are those of the interfaces, and those that stand for all or for the machine itself', () => {
    const interfaces = { lo: [{ address: '127.0.0.1' }], eth0: [{ address: '192.168.1.20' }, { address: 'fe80::1' }] };
    const cases: [address: string, isOwn: boolean][] = [
      ['0.0.0.0', true],
      ['::', true],
      ['127.0.0.1', true],
      ['::1', true],
      ['192.168.1.20', true],
      ['fe80::1', true],
      ['192.168.1.2', false],
      ['10.0.0.1', false],
    ];
    for (const [address, isOwn] of cases) assert.is(hasAddress(address, interfaces), isOwn, address);
  });
});
