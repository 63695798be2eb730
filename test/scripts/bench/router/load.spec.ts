import * as assert from 'uvu/assert';
import { readLoad } from '../../../../scripts/bench/router/load.ts';
import { describe } from '../../../support/spec.ts';

const printed = `Running 2s test @ http://127.0.0.1:39875/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.91ms  297.46us   1.99ms   89.80%
  Latency Distribution
     50%  350.00us
     99%    1.48ms
  80551 requests in 2.02s, 94.70MB read
Requests/sec:  39877.72
`;

describe('what wrk prints', (it) => {
  it('tells how many requests there were, and how long they took', () => {
    assert.equal(readLoad(printed), { requests: 80_551, p99: 1_480 });
    assert.is(readLoad(printed.replace('1.48ms', '1.23s ')).p99, 1_230_000);
  });

  it('is no result when requests failed, or when it is not understood', () => {
    assert.throws(() => readLoad(`${printed}  Non-2xx or 3xx responses: 3\n`), /Requests failed/);
    assert.throws(() => readLoad('usage: wrk'), /speaks otherwise/);
  });
});
