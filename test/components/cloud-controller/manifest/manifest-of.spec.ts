import * as assert from 'uvu/assert';
import { manifestOf } from '#components/cloud-controller/manifest/manifest-of.ts';
import { readManifest } from '#components/cloud-controller/manifest/read-manifest.ts';
import type { AppRecord, RouteRecord } from '#components/cloud-controller/records.ts';
import { toYaml } from '#ground/yaml.ts';
import { describe } from '../../../support/spec.ts';

const stamps = { createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' };

const app: AppRecord = {
  ...stamps,
  guid: 'a',
  name: 'shop',
  state: 'STARTED',
  environment: { VERSION: '1.10', YES: 'yes', OCTAL: '08', TEXT: 'a: [b' },
  processes: [
    {
      type: 'web',
      command: 'node app.js',
      instances: 2,
      memoryMb: 96,
      diskMb: 512,
      healthCheck: { type: 'http', timeoutSeconds: 20, endpoint: '/up' },
    },
  ],
  currentDroplet: null,
  runCount: 1,
  lifecycle: { type: 'buildpack', buildpacks: ['node'], stack: null },
  labels: { team: 'a' },
  annotations: { 'localpaas/hooks': '{"pre-running":["date"]}' },
  sidecars: [
    { ...stamps, guid: 's', name: 'cache', command: './cache', processTypes: ['web'], memoryMb: 16, origin: 'user' },
    {
      ...stamps,
      guid: 'b',
      name: 'agent',
      command: './agent',
      processTypes: ['web'],
      memoryMb: 8,
      origin: 'buildpack',
    },
  ],
};

const route: RouteRecord = { ...stamps, guid: 'r', host: 'shop', domain: 'localhost', path: '/v1', destinations: [] };

describe('the manifest of an app', (it) => {
  it('would make the app again, as YAML', async () => {
    const { apps, warnings } = await readManifest(toYaml({ applications: [manifestOf(app, [route])] }));

    assert.equal(warnings, []);
    assert.equal(apps, [
      {
        name: 'shop',
        web: {
          memoryMb: 96,
          diskMb: 512,
          instances: 2,
          command: 'node app.js',
          healthCheck: { type: 'http', data: { timeout: 20, endpoint: '/up' } },
        },
        others: {},
        environment: app.environment,
        routes: ['shop.localhost/v1'],
        routing: 'asListed',
        buildpacks: ['node'],
        labels: app.labels,
        annotations: app.annotations,
        sidecars: [{ name: 'cache', command: './cache', processTypes: ['web'], memoryMb: 16 }],
      },
    ]);
  });

  it('leaves out what there is not', () => {
    const bare = {
      ...app,
      environment: {},
      labels: {},
      annotations: {},
      sidecars: [],
      lifecycle: { ...app.lifecycle, buildpacks: [] },
    };

    assert.equal(Object.keys(manifestOf(bare, [])), ['name', 'no-route', 'processes']);
  });
});
