import * as assert from 'uvu/assert';
import { sumMetrics, sumVarz } from '#components/router/sum-figures.ts';
import type { Metric } from '#vcap/metrics-text.ts';
import { describe } from '../../support/spec.ts';

const total = (app: string, value: number): Metric => ({
  name: 'localpaas_router_requests_total',
  help: '',
  type: 'counter',
  samples: [{ labels: { app }, value }],
});

const gauge = (name: string, value: number): Metric => ({ name, help: '', type: 'gauge', samples: [{ value }] });

describe('the figures of several processes', (it) => {
  it('are sums by label', () => {
    const sum = sumMetrics([[total('a', 1)], [total('b', 2)], [total('a', 3), gauge('connections', 4)]]);

    assert.equal(sum, [
      {
        ...total('a', 4),
        samples: [
          { labels: { app: 'a' }, value: 4 },
          { labels: { app: 'b' }, value: 2 },
        ],
      },
      gauge('connections', 4),
    ]);
  });

  it('are those of the first where all know the same', () => {
    const name = 'localpaas_router_routes';

    assert.equal(sumMetrics([[gauge(name, 5)], [gauge(name, 5)]]), [gauge(name, 5)]);
    assert.equal(sumVarz([{ urls: 5 }, { urls: 5 }], false), { urls: 5, top10_app_requests: [] });
  });

  it('keep the tags and the busiest apps of /varz', () => {
    const rate = (application_id: string, rpm: number) => ({ application_id, rps: 1, rpm });
    const tags = (value: number) => ({ component: { dea: { requests: value } } });
    const first = { requests: 1, tags: tags(1), top_app_requests: [rate('a', 10), rate('b', 30)] };
    const second = { requests: 2, tags: tags(2), top_app_requests: [rate('a', 30)] };

    const sum = sumVarz([first, {}, second], false);

    const top10_app_requests = [{ application_id: 'a', rps: 2, rpm: 40 }, rate('b', 30)];
    assert.equal(sum, { requests: 3, tags: tags(3), top10_app_requests });
  });
});
