import * as assert from 'uvu/assert';
import { startLocalpaas } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';
import { fuzzBus } from './fuzz-bus.ts';

describe('a platform that is sent malformed messages', (it) => {
  it(
    'goes on working, keeps its memory, and publishes nothing that an original would stumble over',
    async (scope) => {
      const paas = await startLocalpaas(scope, { args: ['--open-bus'] });

      const outcome = await fuzzBus(scope, paas, { messages: 5_000, seed: 2012, rounds: 2 });

      assert.equal([...outcome.listener.mistakes], []);
      assert.ok(outcome.endMb - outcome.warmMb < 120, `${outcome.warmMb} MB became ${outcome.endMb} MB`);
      assert.ok(outcome.subjects >= 35, `only ${outcome.subjects} subjects`);
      const checked = [...outcome.listener.checked.keys()];
      for (const subject of ['staging', 'dea.*.start', 'dea.heartbeat', 'router.register', 'reply to staging']) {
        assert.ok(checked.includes(subject), `nothing was checked of ${subject}`);
      }
    },
    { timeoutMs: 120_000 },
  );
});
