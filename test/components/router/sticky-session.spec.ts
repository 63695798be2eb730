import * as assert from 'uvu/assert';
import { stickyCookie, stickyIdOf } from '#components/router/sticky-session.ts';
import { routerUnregister } from '#contract/routes.ts';
import { describe } from '../../support/spec.ts';
import { ask, openRouter, register, serveApp, understood } from './support.ts';

const headWith = (...cookies: string[]) => ({ rawHeaders: [], headers: { 'set-cookie': cookies }, statusCode: 200 });

describe('sticky session', (it) => {
  it('begins when the app sets JSESSIONID, and lives as long as that cookie', () => {
    const cookies: [given: string[], expected: string | undefined][] = [
      [['JSESSIONID=a'], '__VCAP_ID__=ab12; Path=/; HttpOnly'],
      [['x=y', 'jsessionid=a; Path=/shop; Secure'], '__VCAP_ID__=ab12; Path=/; HttpOnly; Secure'],
      [['JSESSIONID=; Max-Age=0; SameSite=Lax'], '__VCAP_ID__=ab12; Path=/; HttpOnly; Max-Age=0; SameSite=Lax'],
      [
        ['JSESSIONID=a;expires=Sat, 21 Nov 2026 11:00:00 GMT;secure'],
        '__VCAP_ID__=ab12; Path=/; HttpOnly; expires=Sat, 21 Nov 2026 11:00:00 GMT; secure',
      ],
      [['XJSESSIONID=a', 'session=JSESSIONID=b'], undefined],
      [[], undefined],
    ];

    for (const [given, expected] of cookies) assert.is(stickyCookie(headWith(...given), 'ab12'), expected);
    assert.is(stickyCookie(headWith('JSESSIONID=a'), undefined), undefined);
  });

  it('is found among the cookies of a request', () => {
    assert.is(stickyIdOf('a=b; __VCAP_ID__=ab12; c=d'), 'ab12');
    assert.is(stickyIdOf('__VCAP_ID__="ab12"'), 'ab12');
    assert.is(stickyIdOf('x__VCAP_ID__=no'), undefined);
    assert.is(stickyIdOf(undefined), undefined);
    assert.is(stickyIdOf('JSESSIONID=x; VCAP_ID=old1'), 'old1');
    assert.is(stickyIdOf('VCAP_ID=old1; __VCAP_ID__=ab12'), 'ab12');
    assert.is(stickyIdOf('MY_VCAP_ID=no'), undefined);
  });

  it('is no obstacle when it is the secret of a router of 2011, or that of an instance that is gone', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (_, response) => response.end('here'));
    await register(bus, appPort, ['shop.localhost'], { private_instance_id: 'aa' });

    for (const value of ['BAh7CDoIdXJsIg==', 'ff'.repeat(32), '%00', '']) {
      const { status, body, headers } = await ask(port, 'shop.localhost', {
        headers: { cookie: `__VCAP_ID__=${value}` },
      });
      assert.equal([status, body, headers['set-cookie']], [200, 'here', undefined]);
    }
  });

  it('leads back to its instance while that is there, and elsewhere afterwards', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const routes = [];
    for (const id of ['aa', 'bb', 'cc']) {
      const appPort = await serveApp(scope, (_, response) => response.setHeader('Set-Cookie', 'JSESSIONID=1').end(id));
      routes.push(await register(bus, appPort, ['shop.localhost'], { private_instance_id: id }));
    }

    const first = await ask(port, 'shop.localhost');
    const cookie = first.headers['set-cookie']?.map((each) => each.split(';')[0]).join('; ') ?? '';
    const again: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      again.push((await ask(port, 'shop.localhost', { headers: { cookie } })).body);
    }
    const own = routes.find(({ private_instance_id }) => private_instance_id === first.body);
    assert.ok(own);
    bus.publish(routerUnregister, own);
    await understood(bus);
    const later = await ask(port, 'shop.localhost', { headers: { cookie } });

    assert.is(cookie, `JSESSIONID=1; __VCAP_ID__=${first.body}`);
    assert.equal(again, Array(4).fill(first.body));
    assert.is.not(later.body, first.body);
    assert.match(later.headers['set-cookie']?.[1] ?? '', `__VCAP_ID__=${later.body}`);
  });
});
