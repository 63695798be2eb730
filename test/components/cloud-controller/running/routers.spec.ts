import * as assert from 'uvu/assert';
import { Routers } from '#components/cloud-controller/running/routers.ts';
import { appUse } from '#contract/apps.ts';
import { routerEndpoints, routerGreet, routerStart } from '#contract/routes.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Bus } from '#ground/bus.ts';
import { sleep, waitFor } from '#ground/wait.ts';
import { startBus } from '../../../support/bus.ts';
import { describe, type Scope } from '../../../support/spec.ts';

interface Traits {
  readonly afterMs?: number;
  readonly isUsing?: boolean;
  readonly routed?: number;
}

/** A process of a router. */
function playRouter(scope: Scope, bus: Bus, router: string, { afterMs = 0, isUsing = false, routed = 0 }: Traits = {}) {
  const playing = new AsyncDisposableStack();
  scope.use(playing);
  const later = async <T>(answer: T) => {
    await sleep(afterMs);
    return answer;
  };
  playing.use(bus.answer(routerGreet, () => ({ id: router, port: 80 })));
  playing.use(bus.answer(appUse, () => later({ router, in_use: isUsing })));
  playing.use(bus.answer(routerEndpoints, () => later({ router, routed, active: 0 })));
  return playing;
}

const question = { uris: ['hello.localhost'], version: 'a-1' };
const { signal } = new AbortController();

describe('the routers that are known', (it) => {
  it('are all asked whether somebody uses an app, the slowest of their processes too', async (scope) => {
    const { bus } = await startBus(scope);
    playRouter(scope, bus, 'first');
    playRouter(scope, bus, 'worker', { afterMs: 60, isUsing: true });
    const routers = scope.use(new Routers(bus));

    assert.is(await routers.areThere(), true);
    assert.is(await routers.areUsing('app'), true);
  });

  it('are all waited for before a version is said to be routed', async (scope) => {
    const { bus } = await startBus(scope);
    playRouter(scope, bus, 'first', { routed: 1 });
    playRouter(scope, bus, 'worker', { afterMs: 300, routed: 0 });
    const routers = scope.use(new Routers(bus));
    await routers.areThere();

    assert.is(await routers.untilRouted(question, { instances: 1, limitMs: 500 }, signal), false);
  });

  it('count those of which nobody has told, once one has answered', async (scope) => {
    const { bus } = await startBus(scope);
    const routers = scope.use(new Routers(bus));
    await bus.flush();
    playRouter(scope, bus, 'quick');
    await routers.areThere();
    playRouter(scope, bus, 'using', { afterMs: 30, isUsing: true });
    bus.publish(routerStart, { id: 'using', port: 81 });
    await bus.flush();

    const isUsing = () => routers.areUsing('app').then((is) => is || undefined);
    await waitFor('the second to be asked, too', isUsing, { limitMs: 10_000 });
  });

  it('that went without a word may have been used, but only until that was found out', async (scope) => {
    const { bus } = await startBus(scope);
    playRouter(scope, bus, 'first');
    const killed = playRouter(scope, bus, 'killed');
    const routers = scope.use(new Routers(bus));
    await routers.areThere();
    await waitFor('both', async () => !(await routers.areUsing('app')) || undefined, { limitMs: 10_000 });

    await killed[Symbol.asyncDispose]();
    assert.is(await routers.areUsing('app'), true);
    assert.is(await routers.areUsing('app'), false);
  });

  it('of 2012 are none that could start an app', async (scope) => {
    const { bus } = await startBus(scope);
    const routers = scope.use(new Routers(bus));
    await bus.flush();
    bus.publish(routerStart, { id: 'of-2012', version: 0.98, hosts: ['10.0.0.1'] });
    await bus.flush();

    assert.is(await routers.areThere(), false);
  });
});
