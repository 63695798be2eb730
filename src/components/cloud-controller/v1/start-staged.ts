import { V1Error } from '#contract/api/v1.ts';
import { messageOf } from '#ground/errors.ts';
import { within } from '#ground/wait.ts';
import type { Api } from '../api.ts';
import { startBuild } from '../changes/build.ts';
import { withDroplet } from '../changes/current-droplet.ts';
import { restartApp, startApp, stopApp } from '../changes/run-state.ts';
import { newestPackageOf, packageStateOf } from '../package-state.ts';
import type { AppRecord, BuildRecord, PackageRecord } from '../records.ts';

/** A build ends by itself at its own limit; its record may take a moment more. */
const graceMs = 10_000;

/**
 * Starts an app, and stages it first when there are newer bits than those that run: whoever asked waits for it.
 * @param always a new start also of an app that runs what it should
 * @throws V1Error 310; then the app is stopped
 */
export function startStaged(api: Api, app: AppRecord, { always = false } = {}): Promise<void> {
  return api.store.exclusively(`start of ${app.guid}`, async () => {
    const isNew = packageStateOf(api.store, api.store.get('app', app.guid) ?? app) !== 'STAGED';
    if (isNew) {
      await stage(api, app).catch(async (error: unknown) => {
        await stopApp(api, app.guid);
        throw error;
      });
    }
    await (isNew || always ? restartApp(api, app.guid) : startApp(api, app.guid));
  });
}

async function stage(api: Api, app: AppRecord): Promise<void> {
  const bits = newestPackageOf(api.store, app);
  if (bits === undefined) throw failed('The app has no bits yet: upload them first.');
  const build = await finishedBuild(api, app, bits);
  const droplet = build.droplet === null ? undefined : api.store.get('droplet', build.droplet);
  if (droplet === undefined) throw failed(build.error ?? 'it ended without a droplet');
  const mapped = await api.store.update('app', app.guid, (now) => withDroplet(now, droplet, api.options));
  api.events.record('audit.app.droplet.mapped', { app: mapped }, { request: { droplet_guid: droplet.guid } });
}

async function finishedBuild(api: Api, app: AppRecord, bits: PackageRecord): Promise<BuildRecord> {
  const { store, options } = api;
  const build = await startBuild(api, app, bits);
  let listener: Disposable | undefined;
  const finished = new Promise<BuildRecord>((resolve, reject) => {
    const look = (now: BuildRecord | undefined) => {
      if (now === undefined) reject(failed('The app was deleted while it was staged.'));
      else if (now.state !== 'STAGING') resolve(now);
    };
    listener = store.onChange('build', ({ guid, now }) => {
      if (guid === build.guid) look(now);
    });
    look(store.get('build', build.guid));
  });
  try {
    return await within(options.stagingSeconds * 1_100 + graceMs, 'the end of staging', finished);
  } catch (error) {
    throw error instanceof V1Error ? error : failed(messageOf(error), error);
  } finally {
    listener?.[Symbol.dispose]();
  }
}

function failed(text: string, cause?: unknown): V1Error {
  return new V1Error('stagingFailed', `Staging failed: '${text}'`, { cause });
}
