import type { Answer, RunningApi } from './start-cloud-controller.ts';

/** Makes an app through the API. @returns its guid */
export async function createApp(api: RunningApi, name: string, more: object = {}): Promise<string> {
  const relationships = { space: { data: { guid: api.places.space } } };
  const answer = await api.ask('POST', '/v3/apps', { body: { name, relationships, ...more } });
  if (answer.status !== 201) throw new Error(`The app was not made: ${answer.text}`);
  return answer.body.guid as string;
}

export function createRoute(api: RunningApi, host: string, more: object = {}): Promise<Answer> {
  const to = (guid: string) => ({ data: { guid } });
  const relationships = { space: to(api.places.space), domain: to(api.places.domain) };
  return api.ask('POST', '/v3/routes', { body: { host, relationships, ...more } });
}

/** Applies a manifest. @returns the job, which is done; or the refusal */
export async function applyManifest(api: RunningApi, manifest: unknown): Promise<Answer> {
  const answer = await api.ask('POST', `/v3/spaces/${api.places.space}/actions/apply_manifest`, {
    body: manifest,
    headers: { 'content-type': 'application/x-yaml' },
  });
  if (answer.status !== 202) return answer;
  return api.ask('GET', new URL(String(answer.headers['location'])).pathname);
}

/** The first error's text, with its status: `422 Name must not be blank.` */
export function refusalIn({ status, body }: Answer): string {
  return `${status} ${body.errors?.[0]?.detail}`;
}
