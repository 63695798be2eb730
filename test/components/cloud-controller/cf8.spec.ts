import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { multipartOf, zipWith } from './operations.ts';
import { playDea, playStager } from './play-peers.ts';
import { type Answer, basic, type RunningApi, startCloudController } from './start-cloud-controller.ts';

/** What `cf` 8.14 and 8.0 asked a cloud controller for, as it was recorded; guids are named by where they were learned. */
interface Conversation {
  readonly command: string;
  readonly calls: readonly Call[];
}

interface Call {
  readonly request: string;
  readonly body?: unknown;
  readonly status: number;
  /** Name of a guid → where in the answer it stands. */
  readonly learn?: Readonly<Record<string, string>>;
  /** The client asks again until the answer says this. */
  readonly until?: Readonly<Record<string, string>>;
}

/** A body of which only the names of its parts are kept. */
const Upload = v.object({ multipart: v.array(v.string()) });

/** Fields without which this client fails or waits for ever, or which it prints; by request. `*` is each of a list. */
const needs: readonly (readonly [request: RegExp, fields: readonly string[]])[] = [
  [
    /^GET \/$/,
    ['links.login.href', 'links.uaa.href', 'links.log_cache.href', 'links.cloud_controller_v3.meta.version'],
  ],
  [/^GET \/login$/, ['prompts.username.1', 'prompts.password.1', 'app.version']],
  [/^POST \/oauth\/token$/, ['access_token', 'refresh_token', 'token_type']],
  [/^GET \/v3\/(organizations|spaces|domains)(\?|$)/, ['resources.*.guid', 'resources.*.name']],
  [
    /^GET \/v3\/organizations\/[^/]+\/domains/,
    ['resources.*.guid', 'resources.*.name', 'resources.*.supported_protocols.0'],
  ],
  [
    /^GET \/v3\/apps(\?|$)/,
    ['resources.*.guid', 'resources.*.name', 'resources.*.state', 'resources.*.lifecycle.type'],
  ],
  [/^POST \/v3\/apps\/[^/]+\/actions/, ['guid', 'name', 'state']],
  [/^(GET|PATCH) \/v3\/processes\/[^/?]+$/, ['guid', 'type', 'instances', 'memory_in_mb']],
  [/^POST \/v3\/apps\/[^/]+\/processes\/web\/actions\/scale$/, ['guid', 'type', 'instances', 'memory_in_mb']],
  [/^GET \/v3\/(apps\/[^/]+\/)?processes(\?|$)/, ['resources.*.guid', 'resources.*.type', 'resources.*.memory_in_mb']],
  [/^GET \/v3\/processes\?/, ['resources.*.relationships.app.data.guid']],
  [/\/stats$/, ['resources.*.state', 'resources.*.index', 'resources.*.mem_quota', 'resources.*.disk_quota']],
  [/^(POST \/v3\/packages|GET \/v3\/packages\/[^/?]+$)/, ['guid', 'state']],
  [/^GET \/v3\/packages\?/, ['resources.*.guid', 'resources.*.state', 'resources.*.created_at']],
  [/^(POST \/v3\/builds|GET \/v3\/builds\/)/, ['guid', 'state']],
  [/^GET \/v3\/droplets\/|\/droplets\/current$/, ['guid', 'created_at', 'stack', 'buildpacks.*.name']],
  [/^GET \/v3\/droplets\?/, ['resources.*.guid', 'resources.*.state', 'resources.*.created_at']],
  [/^GET \/v3\/jobs\//, ['guid', 'state']],
  [
    /^GET \/v3\/(apps\/[^/]+\/)?routes(\?|$)/,
    ['resources.*.guid', 'resources.*.url', 'resources.*.host', 'resources.*.protocol'],
  ],
  [/^POST \/v3\/routes$/, ['guid', 'url', 'host']],
  [
    /^GET \/v3\/audit_events/,
    ['resources.*.created_at', 'resources.*.type', 'resources.*.actor.name', 'resources.*.data'],
  ],
  [
    /^GET \/v3\/buildpacks\?/,
    ['resources.*.guid', 'resources.*.name', 'resources.*.position', 'resources.*.enabled', 'resources.*.state'],
  ],
  [/^POST \/v3\/apps\/[^/]+\/tasks$/, ['sequence_id', 'name', 'state', 'command']],
  [
    /^GET \/v3\/apps\/[^/]+\/tasks/,
    ['resources.*.sequence_id', 'resources.*.name', 'resources.*.state', 'resources.*.created_at'],
  ],
  [/\/environment_variables$/, ['var']],
  [/\/env$/, ['environment_variables', 'system_env_json.VCAP_SERVICES', 'application_env_json.VCAP_APPLICATION']],
  [/\/route_reservations/, ['matching_route']],
];

describe('the API, as cf 8 uses it,', (it) => {
  it(
    'answers whole conversations with everything the client needs',
    async (scope) => {
      const talk = await startTalk(scope);

      for (const { command, calls } of await recorded()) {
        for (const call of calls) {
          try {
            await talk(call);
          } catch (cause) {
            throw new Error(`${command}: ${call.request}: ${(cause as Error).message}`, { cause });
          }
        }
      }
    },
    { timeoutMs: 120_000 },
  );
});

async function recorded(): Promise<Conversation[]> {
  const file = join(import.meta.dirname, 'fixtures', 'cf8-conversations.json');
  return JSON.parse(await readFile(file, 'utf8')) as Conversation[];
}

/** Somebody who repeats recorded calls to a real cloud controller and checks each answer. */
async function startTalk(scope: Scope): Promise<(call: Call) => Promise<void>> {
  const api = await startCloudController(scope, {
    options: { domain: 'apps.localpaas.test', adminPassword: 'secret' },
  });
  playStager(scope, api.bus);
  playDea(scope, api.bus);
  await api.bus.flush();
  const known = new Map<string, string>();
  return async (call) => {
    const { until } = call;
    const answer = await waitFor(
      JSON.stringify(until),
      async () => {
        const answer = await repeat(api, call, known);
        check(call, answer);
        const isSo = Object.entries(until ?? {}).every(([path, wanted]) => valuesAt(answer.body, path)[0] === wanted);
        return isSo ? answer : undefined;
      },
      { limitMs: 15_000 },
    );
    for (const [name, path] of Object.entries(call.learn ?? {})) known.set(name, guidIn(answer, path));
  };
}

async function repeat(api: RunningApi, { request, body }: Call, known: ReadonlyMap<string, string>): Promise<Answer> {
  const named = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => known.get(name) ?? whole);
  const [method = '', path = ''] = named(request).split(' ');
  if (path === '/oauth/token') {
    const headers = { authorization: basic('cf', ''), 'content-type': 'application/x-www-form-urlencoded' };
    return api.ask(method, path, { body, headers, token: null });
  }
  if (v.is(Upload, body)) {
    const bits = await zipWith({ 'index.html': 'hello', 'bin/detect': '#!/bin/sh' });
    const parts = [
      { name: 'resources', content: '[]' },
      { name: 'bits', content: bits, filename: 'package.zip' },
    ];
    return api.ask(method, path, multipartOf(parts.filter(({ name }) => body.multipart.includes(name))));
  }
  return api.ask(
    method,
    path,
    body === undefined ? {} : { body: named(typeof body === 'string' ? body : JSON.stringify(body)) },
  );
}

function check({ request, status }: Call, answer: Answer): void {
  assert.is(answer.status, status, `answered ${answer.status}: ${answer.text}`);
  if (answer.headers['location'] !== undefined) {
    assert.match(String(answer.headers['location']), /^http:\/\/127\.0\.0\.1:\d+\/v3\/jobs\//);
  }
  if (request.startsWith('GET /v3/jobs/')) assert.is(answer.body.state, 'COMPLETE', answer.text);
  if (isList(request)) {
    assert.ok(Array.isArray(answer.body.resources), 'no resources');
    assert.is(typeof answer.body.pagination.total_results, 'number');
  }
  if (status < 400) checkFields(request, answer);
}

function checkFields(request: string, { body, text }: Answer): void {
  const fields = needs.flatMap(([pattern, fields]) => (pattern.test(request) ? fields : []));
  const missing = fields.filter((field) => valuesAt(body, field).includes(undefined));
  assert.equal(missing, [], `missing in ${text}`);
}

function isList(request: string): boolean {
  if (request.includes('/features/')) return false;
  return /^GET \/v3\/(.*\/)?(apps|processes|packages|droplets|routes|domains|sidecars|deployments|audit_events|buildpacks|tasks|stacks|service_instances|service_route_bindings|organizations|spaces|revisions)(\?|$)/.test(
    request,
  );
}

/** What stands at a dotted path; `*` stands for every element of a list. */
function valuesAt(body: unknown, path: string): unknown[] {
  return path.split('.').reduce<unknown[]>(
    (values, key) => {
      if (key === '*') return values.flat();
      return values.map((value) => (value as Record<string, unknown> | null | undefined)?.[key]);
    },
    [body],
  );
}

function guidIn(answer: Answer, path: string): string {
  const found =
    path === 'location' ? String(answer.headers['location']).split('/').at(-1) : valuesAt(answer.body, path)[0];
  if (typeof found === 'string') return found;
  throw new Error(`there is nothing at ${path}: ${answer.text}`);
}
