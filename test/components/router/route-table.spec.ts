import * as assert from 'uvu/assert';
import { HostTable } from '#components/router/host-table.ts';
import { pickEndpoint } from '#components/router/pick-endpoint.ts';
import { type Endpoint, RouteTable } from '#components/router/route-table.ts';
import { describe } from '../../support/spec.ts';

const at = (port: number, more: object = {}) => ({ host: '127.0.0.1', port, uris: ['a.localhost'], ...more });

function portsOf(table: RouteTable, host = 'a.localhost'): number[] {
  return table.find(host, '/')?.endpoints.map(({ port }) => port) ?? [];
}

/** Drops what is stale, in slices of one route. */
function sweep(table: RouteTable, now: number, staleMs: number): number {
  let dropped = 0;
  for (dropped of table.sweep(now, staleMs, 1));
  return dropped;
}

describe('HostTable', (it) => {
  it('finds a host as it is, in another case, with a port, and with a final dot', () => {
    const table = new HostTable<string>();
    table.set('Hello.localhost', 'hello');
    table.set('[::1]', 'six');

    for (const host of ['hello.localhost', 'HELLO.localhost', 'hello.localhost:8080', 'hello.localhost.']) {
      assert.is(table.find(host, '/'), 'hello', host);
    }
    assert.is(table.find('[::1]:8080', '/'), 'six');
    assert.is(table.find('hello.localhost.evil', '/'), undefined);
  });

  it('prefers the host to wildcards, and near wildcards to wide ones', () => {
    const table = new HostTable<string>();
    table.set('*.localhost', 'wide');
    table.set('*.shop.localhost', 'near');
    table.set('a.shop.localhost', 'exact');

    const found = ['a.shop.localhost', 'b.shop.localhost', 'x.y.shop.localhost', 'shop.localhost', 'localhost'].map(
      (host) => table.find(host, '/'),
    );

    assert.equal(found, ['exact', 'near', 'near', 'wide', undefined]);
  });

  it('finds the longest path that covers a target', () => {
    const table = new HostTable<string>();
    table.set('a.localhost/api', 'api');
    table.set('a.localhost/api/v2/', 'v2');
    table.set('*.localhost', 'any');

    const found = ['/API/V2/x', '/api/v2?q', '/api/v20', '/api', '/apix', '/', '*'].map((target) =>
      table.find('a.localhost', target),
    );

    assert.equal(found, ['v2', 'v2', 'api', 'api', 'any', 'any', 'any']);
  });

  it('forgets completely', () => {
    const table = new HostTable<string>();
    for (const uri of ['a.localhost', 'a.localhost/x', '*.b.localhost']) table.set(uri, uri);

    for (const uri of ['a.localhost', 'a.localhost/x', '*.b.localhost', 'never.there']) table.delete(uri);

    assert.equal([...table.values()], []);
    assert.is(table.find('c.b.localhost', '/x'), undefined);
  });

  it('finds one of 100,000 hosts without looking at the others', () => {
    const table = new HostTable<number>();
    for (let count = 0; count < 100_000; count += 1) table.set(`app-${count}.apps.localhost`, count);
    const hosts = Array.from({ length: 100_000 }, (_, count) => ['app-', count, '.apps.localhost:8080'].join(''));
    for (const host of hosts) table.find(host, '/');

    const startedAt = performance.now();
    let found = 0;
    for (const host of hosts) found += table.find(host, '/') === undefined ? 0 : 1;
    const ms = performance.now() - startedAt;

    assert.is(found, 100_000);
    assert.ok(ms < 10_000, `${ms} ms`); // a tenth of a second on a quiet machine, minutes when each is looked at
  });
});

describe('RouteTable', (it) => {
  it('knows an endpoint by uri, host and port; a repeat says only that it is there still', () => {
    const table = new RouteTable();
    const first = () => table.find('A.localhost', '/')?.endpoints[0];

    table.register(at(1, { private_instance_id: 'one', app: 'x', tags: { runtime: 'ruby19' } }), 0);
    table.register(at(2), 0);
    table.register(at(1, { private_instance_id: 'one', app: 'y', tags: { runtime: 'node' } }), 7);

    assert.equal(portsOf(table), [1, 2]);
    assert.equal([first()?.app, first()?.tags, first()?.seenAt], ['x', { runtime: 'ruby19' }, 7]);
    assert.equal(table.size(), { uris: 1, endpoints: 2 });
  });

  it('has another endpoint where another instance got the port', () => {
    const table = new RouteTable();

    table.register(at(1, { private_instance_id: 'old', app: 'x' }), 0);
    table.register(at(1, { private_instance_id: 'new', app: 'y' }), 0);

    const endpoint = table.find('a.localhost', '/')?.endpoints[0];
    assert.equal([endpoint?.privateInstanceId, endpoint?.app], ['new', 'y']);
    assert.equal(portsOf(table), [1]);
  });

  it('keeps of tags what counts requests: text of some length', () => {
    const table = new RouteTable();

    table.register(at(1, { tags: { component: 'dea-0', runtime: null, framework: 'x'.repeat(257) } }), 0);

    assert.equal(table.find('a.localhost', '/')?.endpoints[0]?.tags, { component: 'dea-0' });
  });

  it('drops only what was not seen for long enough', () => {
    const table = new RouteTable();
    for (let count = 0; count < 20; count += 1) table.register(at(1, { uris: [`${count}.localhost`] }), 0);
    table.register(at(1), 0);
    table.register(at(2), 50);

    assert.is(sweep(table, 100, 100), 0);
    assert.is(sweep(table, 101, 100), 21);
    assert.equal(portsOf(table), [2]);
    assert.is(table.find('7.localhost', '/'), undefined);
  });

  it('keeps everything for another while after a refresh', () => {
    const table = new RouteTable();
    table.register(at(1), 0);

    table.refreshAll(1_000);

    assert.is(sweep(table, 1_100, 100), 0);
    assert.is(sweep(table, 1_101, 100), 1);
  });

  it('forgets a route with its last endpoint', () => {
    const table = new RouteTable();
    table.register(at(1), 0);

    table.unregister(at(9));
    table.unregister({ ...at(1), port: null });
    assert.equal(portsOf(table), [1]);
    table.unregister(at(1));

    assert.is(table.find('a.localhost', '/'), undefined);
  });

  it('knows how much it holds, whatever comes and goes', () => {
    const table = new RouteTable();
    for (let step = 0; step < 3_000; step += 1) {
      // No order that a table could rely on, but the same each time.
      const message = at(1 + ((step * 7) % 5), { uris: [`${(step * 11) % 13}.localhost`, `x.localhost/${step % 4}`] });
      if (step % 3 === 0) table.unregister(message);
      else table.register(message, step);
      if (step % 50 === 0) sweep(table, step, 40);
    }

    const asked = [
      ...Array.from({ length: 13 }, (_, host) => table.find(`${host}.localhost`, '/')),
      ...Array.from({ length: 4 }, (_, path) => table.find('x.localhost', `/${path}`)),
    ];
    const found = asked.filter((route) => route !== undefined);
    const endpoints = found.reduce((sum, route) => sum + route.endpoints.length, 0);
    assert.ok(endpoints > 5);
    assert.equal(table.size(), { uris: found.length, endpoints });
  });

  it('takes nothing into headers that would break them', () => {
    const table = new RouteTable();

    table.register(at(1, { app: 'a\r\nX-Evil: 1', private_instance_id: 'é', private_instance_index: '' }), 0);

    const endpoint = table.find('a.localhost', '/')?.endpoints[0];
    assert.equal([endpoint?.app, endpoint?.privateInstanceId, endpoint?.index], [undefined, undefined, undefined]);
  });
});

describe('pickEndpoint', (it) => {
  const routeWith = (count: number) => {
    const table = new RouteTable();
    for (let port = 1; port <= count; port += 1) table.register(at(port, { private_instance_id: `id${port}` }), 0);
    const route = table.find('a.localhost', '/');
    assert.ok(route);
    return route;
  };

  it('goes round', () => {
    const route = routeWith(3);

    const ports = Array.from({ length: 6 }, () => pickEndpoint(route, { tried: [] })?.port);

    assert.equal(ports, [1, 2, 3, 1, 2, 3]);
  });

  it('returns to the sticky one, unless that cannot be had', () => {
    const route = routeWith(3);
    const [first, second] = route.endpoints;
    assert.ok(first && second);

    assert.is(pickEndpoint(route, { stickyId: 'id2', tried: [] }), second);
    assert.is(pickEndpoint(route, { stickyId: 'id9', tried: [] }), first);
    assert.is.not(pickEndpoint(route, { stickyId: 'id2', tried: [second] }), second);
    second.isLeftOut = true;
    assert.is.not(pickEndpoint(route, { stickyId: 'id2', tried: [] }), second);
  });

  it('takes those that are left out last, and tried ones never', () => {
    const route = routeWith(3);
    for (const endpoint of route.endpoints.slice(0, 2)) endpoint.isLeftOut = true;
    const tried: Endpoint[] = [];
    const ports: (number | undefined)[] = [];

    for (let count = 0; count < 4; count += 1) {
      const endpoint = pickEndpoint(route, { tried });
      ports.push(endpoint?.port);
      if (endpoint !== undefined) tried.push(endpoint);
    }

    assert.equal(ports, [3, 1, 2, undefined]);
  });

  it('takes the one that answers fewest requests, and of equal ones each in turn', () => {
    const route = routeWith(3);
    const ports: (number | undefined)[] = [];

    for (let count = 0; count < 4; count += 1) {
      const endpoint = pickEndpoint(route, { tried: [], balance: 'least-connections' });
      ports.push(endpoint?.port);
      if (endpoint !== undefined && endpoint.port !== 2) endpoint.active += 1; // the second has answered at once
    }

    assert.equal(ports, [1, 2, 3, 2]);
  });
});
