import * as v from 'valibot';
import { HealthManagerOptions, healthManager } from '#components/health-manager/index.ts';
import { type BulkApp, bulkCredentialsOf } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { Routes, startHttpServer } from '#ground/http-server.ts';
import { silentLog } from '#ground/log.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

/** A cloud controller's bulk API, in pages of one app. */
async function serveBulk(scope: Scope, bus: Bus, apps: BulkApp[], partition: string): Promise<void> {
  const routes = new Routes().on('GET', '/bulk/apps', ({ query, headers }) => {
    if (headers.authorization !== `Basic ${Buffer.from('bulk:secret').toString('base64')}`) return { status: 401 };
    const last = Number((JSON.parse(query.get('bulk_token') ?? '{}') as { id?: number }).id ?? 0);
    const page = apps.slice(last, last + 1);
    return {
      status: 200,
      body: { results: Object.fromEntries(page.map((each) => [each.id, each])), bulk_token: { id: last + 1 } },
    };
  });
  const server = scope.use(
    await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      who: 'The test',
      routes,
      notFound: () => ({ status: 404 }),
      failed: () => ({ status: 500 }),
    }),
  );
  const url = `http://127.0.0.1:${server.port}`;
  scope.use(bus.answer(bulkCredentialsOf(partition), () => ({ user: 'bulk', password: 'secret', url })));
}

/**
 * A health manager on a bus of its own; the test plays the cloud controller and the DEAs.
 * @param listen is called before the health manager starts
 */
export async function startHealthManager(
  scope: Scope,
  apps: BulkApp[],
  options: Partial<HealthManagerOptions> = {},
  listen: (bus: Bus) => void = () => {},
) {
  const { bus, address } = await startBus(scope);
  listen(bus);
  await serveBulk(scope, bus, apps, options.partition ?? 'default');
  await bus.flush();
  const short = { surveyMs: 50, analyseEveryMs: 50, minRestartDelayMs: 100, restartNoiseMs: 0 };
  const open = async () => {
    const context = {
      bus: await connectBus(scope, address),
      log: silentLog,
      dataDir: await scratchDirectory(scope),
      signal: new AbortController().signal,
    };
    return scope.use(await healthManager.start(context, v.parse(HealthManagerOptions, { ...short, ...options })));
  };
  let running = await open();
  return {
    bus,
    address,
    async restart() {
      await running[Symbol.asyncDispose]();
      running = await open();
    },
  };
}
