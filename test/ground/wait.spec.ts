import * as assert from 'uvu/assert';
import { repeat, sleep, waitFor, within } from '#ground/wait.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

describe('a sleep', (it) => {
  it('lasts as long as it was told', async () => {
    const startedAt = performance.now();

    await sleep(30);

    assert.ok(performance.now() - startedAt >= 29);
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    setTimeout(() => stop.abort(reason), 5);

    assert.is(await thrownBy(() => sleep(60_000, stop.signal)), reason);
    assert.is(await thrownBy(() => sleep(0, stop.signal)), reason);
  });
});

describe('a wait', (it) => {
  it('returns the first thing that is found, false and empty ones too', async () => {
    let asked = 0;
    const third = () => {
      asked += 1;
      return asked < 3 ? undefined : 'third';
    };

    assert.is(await waitFor('it', third, { limitMs: 5_000, everyMs: 1 }), 'third');
    assert.is(asked, 3);
    assert.is(await waitFor('it', () => false, { limitMs: 5_000 }), false);
    assert.is(await waitFor('it', async () => 0, { limitMs: 5_000 }), 0);
  });

  it('asks at least once', async () => {
    assert.is(await waitFor('it', () => 'there', { limitMs: 0 }), 'there');
  });

  it('ends after its limit, naming what it waited for', async () => {
    const error = await thrownBy(() => waitFor('the first heartbeat', () => undefined, { limitMs: 20, everyMs: 1 }));

    assert.is(error.message, 'Waited 20 ms for the first heartbeat, in vain.');
  });

  it('ends after its limit also when a question is never answered', async () => {
    const error = await thrownBy(() => waitFor('an answer', () => new Promise<true>(() => {}), { limitMs: 20 }));

    assert.is(error.message, 'Waited 20 ms for an answer, in vain.');
  });

  it('ends with the reason of its signal, between two questions and during one', async () => {
    for (const probe of [() => undefined, () => new Promise<true>(() => {})]) {
      const stop = new AbortController();
      const reason = new Error('stopped');
      setTimeout(() => stop.abort(reason), 5);

      const wait = () => waitFor('it', probe, { limitMs: 60_000, everyMs: 30_000, signal: stop.signal });

      assert.is(await thrownBy(wait), reason);
    }
  });

  it('does not ask at all when its signal aborted before', async () => {
    let asked = 0;
    const probe = () => {
      asked += 1;
    };

    await thrownBy(() => waitFor('it', probe, { limitMs: 1_000, signal: AbortSignal.abort(new Error('stopped')) }));

    assert.is(asked, 0);
  });

  it('ends with what a question throws', async () => {
    const error = await thrownBy(() => waitFor('it', () => Promise.reject(new Error('gone')), { limitMs: 5_000 }));

    assert.is(error.message, 'gone');
  });
});

describe('a limit', (it) => {
  it('lets a result through that comes in time, and a failure too', async () => {
    assert.is(await within(5_000, 'it', Promise.resolve('result')), 'result');
    const error = await thrownBy(() => within(5_000, 'it', Promise.reject(new Error('own failure'))));
    assert.is(error.message, 'own failure');
  });

  it('ends a wait that lasts too long, naming what it waited for', async () => {
    const error = await thrownBy(() => within(10, 'the droplet', new Promise(() => {})));

    assert.is(error.message, 'Waited 10 ms for the droplet, in vain.');
  });
});

describe('a repetition', (it) => {
  it('works again and again until it is disposed', async () => {
    let rounds = 0;
    const work = () => {
      rounds += 1;
    };

    const repetition = repeat(1, work, () => {});
    await waitFor('five rounds', () => (rounds >= 5 ? true : undefined), { limitMs: 5_000 });
    await repetition[Symbol.asyncDispose]();

    const roundsAtTheEnd = rounds;
    await sleep(10);
    assert.is(rounds, roundsAtTheEnd);
  });

  it('goes on after a round that failed, and tells of it', async (scope) => {
    const failures: unknown[] = [];
    let rounds = 0;
    const work = () => {
      rounds += 1;
      if (rounds === 1) throw new Error('thrown');
      if (rounds === 2) return Promise.reject(new Error('rejected'));
      return undefined;
    };

    scope.use(repeat(1, work, (failure) => failures.push(failure)));
    await waitFor('a third round', () => (rounds >= 3 ? true : undefined), { limitMs: 5_000 });

    assert.equal(
      failures.map((failure) => (failure as Error).message),
      ['thrown', 'rejected'],
    );
  });

  it('never runs twice at once, and lets the last round end', async () => {
    let atOnce = 0;
    let most = 0;
    let ended = 0;
    const work = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await sleep(5);
      atOnce -= 1;
      ended += 1;
    };

    const repetition = repeat(1, work, () => {});
    await waitFor('a round under way', () => (ended >= 2 && atOnce === 1 ? true : undefined), { limitMs: 5_000 });
    await repetition[Symbol.asyncDispose]();

    assert.is(most, 1);
    assert.is(atOnce, 0);
  });
});
