import * as assert from 'uvu/assert';
import { type Passage, Traffic } from '#components/router/traffic.ts';
import { describe } from '../../support/spec.ts';

const tags = { framework: 'sinatra', runtime: 'ruby19' };
const passage = (change: Partial<Passage> = {}): Passage => ({
  app: 'a',
  tags,
  url: 'a.localhost',
  status: 200,
  latencyMs: 3,
  ...change,
});

/** As it travels. */
const varzOf = (traffic: Traffic, nowMs: number) => JSON.parse(JSON.stringify(traffic.varz(nowMs))) as Varz;
interface Varz {
  readonly tags: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [key: string]: unknown;
}

describe('traffic', (it) => {
  it('counts answers by hundred, with the time they took, for everything and by tag', () => {
    const traffic = new Traffic();
    for (const status of [200, 204, 304, 404, 500, 599, 101]) traffic.count(passage({ status }), 0);
    traffic.count(passage({ status: 499, latencyMs: undefined, tags: { runtime: 'node' } }), 0);
    traffic.count(passage({ app: undefined, tags: undefined }), 0);
    traffic.countBad(0);

    const varz = varzOf(traffic, 0);

    const ruby = {
      requests: 7,
      latency: { value: 21, samples: 7 },
      responses_2xx: 2,
      responses_3xx: 1,
      responses_4xx: 1,
      responses_5xx: 2,
      responses_xxx: 1,
    };
    const { tags: byTag, ...all } = varz;
    assert.equal(byTag['framework'], { sinatra: ruby });
    assert.equal(byTag['runtime']?.['ruby19'], ruby);
    assert.equal((byTag['runtime']?.['node'] as Varz | undefined)?.['responses_xxx'], 1);
    assert.equal(all, {
      ...ruby,
      requests: 10,
      bad_requests: 1,
      latency: { value: 24, samples: 8 },
      responses_2xx: 3,
      responses_xxx: 2,
      requests_per_sec: 0,
      top10_app_requests: [],
    });
  });

  it('tells the rates of the two seconds before these, and which apps were asked for most', () => {
    const traffic = new Traffic();
    for (let app = 0; app < 12; app += 1) {
      for (let count = 0; count <= app; count += 1)
        traffic.count(passage({ app: `app-${app}`, url: `${app}.test` }), 0);
    }

    assert.is(varzOf(traffic, 1_999)['requests_per_sec'], 0);
    const { requests_per_sec: rate, top10_app_requests: top } = varzOf(traffic, 2_000);
    const apps = top as readonly object[];
    assert.is(rate, 39);
    assert.is(apps.length, 10);
    assert.equal(apps[0], { url: '11.test', application_id: 'app-11', rps: 6, rpm: 360 });
    assert.is(varzOf(traffic, 4_000)['requests_per_sec'], 0);
  });

  it('does not grow without end, whatever tags are registered', () => {
    const traffic = new Traffic();
    for (let count = 0; count < 1_000; count += 1) {
      traffic.count(passage({ tags: { runtime: `r${count}`, [`tag${count}`]: 'x' } }), 0);
    }

    const { tags: byTag } = varzOf(traffic, 0);
    assert.is(Object.keys(byTag).length, 10);
    assert.is(Object.keys(byTag['runtime'] ?? {}).length, 200);
  });
});
