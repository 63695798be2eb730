import { ApiError } from '#contract/api/errors.ts';
import type { Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { checkBuildpacks } from '../bits/chosen-buildpacks.ts';
import { applyManifest } from '../manifest/apply-manifest.ts';
import { manifestOf } from '../manifest/manifest-of.ts';
import { type AppWish, readManifest } from '../manifest/read-manifest.ts';
import { routesOf } from '../uris.ts';
import { readText } from './body.ts';
import { checkPlace, find, param } from './find.ts';
import { jobReply } from './jobs.ts';

/** Apps described by a manifest. */
export function manifestRoutes(routes: Routes, api: Api): void {
  routes.on('POST', '/v3/spaces/:guid/actions/apply_manifest', async (request) => {
    checkPlace(api, 'space', param(request, 'guid'));
    const { apps, warnings: ignored } = await readManifest(await readText(request));
    const warnings = [...ignored];
    for (const wish of apps) warnings.push(...(await remarksOn(api, wish)));
    const job = await api.jobs.run('space.apply_manifest', () => applyManifest(api, apps), warnings);
    return jobReply(request, job);
  });
  // Clients print the difference before they apply it; without one they print the manifest.
  routes.on('POST', '/v3/spaces/:guid/manifest_diff', async (request) => {
    checkPlace(api, 'space', param(request, 'guid'));
    await readText(request);
    return { status: 201, body: { diff: [] } };
  });
  routes.on('GET', '/v3/apps/:guid/manifest', async (request) => {
    const app = find(api.store, 'app', request);
    const { toYaml } = await import('#ground/yaml.ts');
    return {
      status: 200,
      headers: { 'content-type': 'application/x-yaml; charset=utf-8' },
      body: toYaml({ applications: [manifestOf(app, routesOf(api.store, app.guid))] }),
    };
  });
}

/** @throws ApiError 422 for a buildpack that cannot be used */
async function remarksOn(api: Api, { name, buildpacks = [] }: AppWish): Promise<string[]> {
  const where = `For application '${name}':`;
  try {
    return (await checkBuildpacks(api, buildpacks)).map((remark) => `${where} ${remark}`);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw new ApiError('CF-UnprocessableEntity', `${where} ${cause.message}`, { cause });
  }
}
