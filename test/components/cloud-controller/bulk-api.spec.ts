import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { BulkPage, bulkCredentials } from '#contract/health.ts';
import { call } from '#ground/http-client.ts';
import { describe, type Scope } from '../../support/spec.ts';
import {
  createApp,
  createBuild,
  createPackage,
  startTestOperations,
  type TestOperations,
  type TestOptions,
} from './operations.ts';
import { startedApp } from './running/dea.ts';

async function startWithReader(scope: Scope, given: TestOptions = {}) {
  const cc = await startTestOperations(scope, given);
  return { cc, ...(await readerOf(cc)) };
}

/** Reads the bulk API as a health manager does: with what the bus tells. */
async function readerOf({ bus }: TestOperations) {
  const { user, password, url = '' } = await bus.ask(bulkCredentials, null, { limitMs: 15_000 });
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const get = (path: string) => call(`${url}${path}`, { headers: { authorization } });
  const page = async (size: number, token: unknown) => {
    const query = `batch_size=${size}&bulk_token=${encodeURIComponent(JSON.stringify(token))}`;
    const answer = await get(`/bulk/apps?${query}`);
    assert.is(answer.status, 200);
    return v.parse(BulkPage, await answer.json());
  };
  return { user, password, url, get, page };
}

describe('bulk API', (it) => {
  it('tells what should run', async (scope) => {
    const { cc, page } = await startWithReader(scope);
    const { app, droplet } = await startedApp(cc, { instances: 3 });
    const bare = await createApp(cc.store, { name: 'bare' });

    const { results } = await page(10, {});

    assert.equal(results[app.guid], {
      id: app.guid,
      name: 'hello',
      instances: 3,
      state: 'STARTED',
      memory: 256,
      framework: 'sinatra',
      runtime: 'ruby',
      package_state: 'STAGED',
      updated_at: app.updatedAt,
      version: `${droplet.sha1}-1`,
      uris: ['hello.localhost'],
    });
    const { state, package_state, version } = results[bare.guid] ?? {};
    assert.equal([state, package_state, version], ['STOPPED', 'PENDING', '-0']);
  });

  it('is walked page by page until one is empty', async (scope) => {
    const { cc, page } = await startWithReader(scope);
    const created = await Promise.all(Array.from({ length: 5 }, (_, at) => createApp(cc.store, { name: `app-${at}` })));
    const seen: string[] = [];

    let token: unknown = { id: 0 };
    const sizes: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const { results, bulk_token } = await page(2, token);
      seen.push(...Object.keys(results));
      sizes.push(Object.keys(results).length);
      token = bulk_token;
    }

    assert.equal(sizes, [2, 2, 1, 0]);
    assert.equal(seen.sort(), created.map(({ guid }) => guid).sort());
  });

  it('begins at the beginning without a token, and counts', async (scope) => {
    const { cc, get } = await startWithReader(scope);
    await createApp(cc.store);

    const apps = await (await get('/bulk/apps')).json();
    const counts = async (query: string) => (await get(`/bulk/counts${query}`)).json();

    assert.is(Object.keys(v.parse(BulkPage, apps).results).length, 1);
    assert.equal(await counts(''), { counts: { user: 1, app: 1 } });
    assert.equal(await counts('?model=user'), { counts: { user: 1 } });
    assert.equal(await counts('?model=app'), { counts: { app: 1 } });
    const refused = await get('/bulk/counts?model=service');
    assert.is(refused.status, 400);
    assert.match(await refused.text(), "There is no model 'service' to count: ask for 'user' or 'app'.");
  });

  it('tells of bits that could not be staged, and goes on to tell what runs beside newer bits', async (scope) => {
    const { cc, page } = await startWithReader(scope);
    const { store } = cc;
    const broken = await createApp(store, { name: 'broken' });
    const brokenBits = await createPackage(store, broken, { state: 'READY' });
    await createBuild(store, brokenBits, { state: 'FAILED', error: 'no luck' });
    const { app, droplet } = await startedApp(cc, {});
    await createPackage(store, app, { state: 'READY' });

    const { results } = await page(10, {});

    assert.is(results[broken.guid]?.package_state, 'FAILED');
    assert.equal(
      [results[app.guid]?.package_state, results[app.guid]?.version],
      ['STAGED', `${droplet.sha1}-${app.runCount}`],
    );
  });

  it('answers nobody else', async (scope) => {
    const { user, url } = await startWithReader(scope);
    const wrong = `Basic ${Buffer.from(`${user}:wrong`).toString('base64')}`;

    const answers = await Promise.all([
      call(`${url}/bulk/apps`),
      call(`${url}/bulk/apps`, { headers: { authorization: wrong } }),
      call(`${url}/bulk/counts`, { headers: { authorization: 'Basic %%%' } }),
    ]);

    assert.equal(
      answers.map(({ status }) => status),
      [401, 401, 401],
    );
    assert.equal(
      await Promise.all(answers.map((answer) => answer.text().then((text) => /results|counts/.test(text)))),
      [false, false, false],
    );
  });

  it('has other credentials after each start', async (scope) => {
    const one = await startWithReader(scope);
    const other = await startWithReader(scope);

    assert.is.not(one.password, other.password);
  });

  it('refuses sizes and tokens that are none', async (scope) => {
    const { get } = await startWithReader(scope);
    const queries = ['batch_size=0', 'batch_size=-1', 'batch_size=many', 'bulk_token=nonsense', 'bulk_token=[]'];
    const more = ['bulk_token=null', `bulk_token=${encodeURIComponent('{"id":{}}')}`];

    const answers = await Promise.all([...queries, ...more].map((query) => get(`/bulk/apps?${query}`)));

    assert.equal(
      answers.map(({ status }) => status),
      Array(7).fill(400),
    );
    assert.match(await (answers[0]?.text() ?? ''), "The batch_size '0' is no whole number above 0.");
    for (const answer of answers.slice(1)) answer.discard();
  });
});
