import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import { PortPool } from '#components/dea/allocate-port.ts';
import { isFree } from '#ground/ports.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

/** Three free ports in a row, where neither the system nor a DEA takes any. */
async function threePorts() {
  for (let first = 21_000; first < 22_000; first += 3) {
    const free = await Promise.all([isFree(first), isFree(first + 1), isFree(first + 2)]);
    if (free.every(Boolean)) return { first, last: first + 2 };
  }
  throw new Error('This machine has no three free ports in a row.');
}

async function occupy(scope: Scope, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  scope.defer(() => new Promise((resolve) => server.close(resolve)));
}

describe('port pool', (it) => {
  it('gives each port once until it is released', async () => {
    const range = await threePorts();
    const ports = new PortPool(range);

    const taken = await Promise.all([ports.take(), ports.take(), ports.take()]);

    assert.equal(taken.sort(), [range.first, range.first + 1, range.last]);
    assert.match(
      (await thrownBy(() => ports.take())).message,
      `No port between ${range.first} and ${range.last} is free`,
    );
    ports.release(range.last);
    assert.is(await ports.take(), range.last);
  });

  it('begins to look at a random place', async () => {
    const range = await threePorts();

    assert.is(await new PortPool(range, () => 0.99).take(), range.last);
    assert.is(await new PortPool(range, () => 0).take(), range.first);
  });

  it('leaves out what others listen on', async (scope) => {
    const range = await threePorts();
    await occupy(scope, range.first);

    assert.is(await new PortPool(range, () => 0).take(), range.first + 1);
  });

  it('keeps to a port that was taken before, unless somebody else listens there', async (scope) => {
    const range = await threePorts();
    const ports = new PortPool(range, () => 0);
    const port = await ports.renew(null);

    assert.is(await ports.renew(port), port);
    await occupy(scope, port);
    assert.is(await ports.renew(port), range.first + 1);
    assert.is(await ports.take(), range.last);
  });

  it('leaves out what was given away before it began', async () => {
    const range = await threePorts();
    const ports = new PortPool(range, () => 0);

    ports.keep(range.first);

    assert.is(await ports.take(), range.first + 1);
  });
});
