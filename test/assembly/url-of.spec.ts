import * as assert from 'uvu/assert';
import { urlOf } from '#assembly/url-of.ts';
import { describe } from '../support/spec.ts';

describe('where the platform is asked', (it) => {
  it('is the address it listens on, or loopback when it listens on all of them', () => {
    const addresses: [string, string][] = [
      ['127.0.0.1', 'http://127.0.0.1:8080'],
      ['127.0.0.2', 'http://127.0.0.2:8080'],
      ['192.168.1.5', 'http://192.168.1.5:8080'],
      ['localhost', 'http://127.0.0.1:8080'],
      ['0.0.0.0', 'http://127.0.0.1:8080'],
      ['::', 'http://127.0.0.1:8080'],
      ['::1', 'http://[::1]:8080'],
    ];
    for (const [host, url] of addresses) assert.is(urlOf({ host, port: 8080 }), url);
  });
});
