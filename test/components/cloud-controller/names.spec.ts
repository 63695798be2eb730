import * as assert from 'uvu/assert';
import { checkHost, defaultHostOf, randomHostOf } from '#components/cloud-controller/names.ts';
import { describe } from '../../support/spec.ts';

describe('names', (it) => {
  it('make hosts that DNS can say', () => {
    const hosts: Record<string, string> = {
      hello: 'hello',
      'My App_2': 'my-app-2',
      'Grüße!': 'gru-e',
      '  spaced  out ': 'spaced-out',
      '--dashes--': 'dashes',
      'ＦＵＬＬ width': 'full-width',
      'a.b.c': 'a-b-c',
    };
    for (const [name, host] of Object.entries(hosts)) {
      assert.is(defaultHostOf(name), host, name);
      assert.is(checkHost(host, 'localhost'), host);
    }
  });

  it('make hosts that are not too long, and do not end in a dash', () => {
    const host = defaultHostOf(`${'x'.repeat(62)} and more`);

    assert.is(host, 'x'.repeat(62));
  });

  it('make no host where none is in them', () => {
    for (const name of ['日本', '---', '!?']) {
      assert.throws(() => defaultHostOf(name), /No host name can be made of the app name/);
    }
  });

  it('make random hosts that differ, and can be said too', () => {
    const hosts = Array.from({ length: 200 }, (_, index) =>
      randomHostOf('x'.repeat(80), () => ((index * 7919) % 1000) / 1000),
    );

    assert.ok(new Set(hosts).size > 150);
    for (const host of hosts) assert.is(checkHost(host, 'localhost'), host);
  });
});
