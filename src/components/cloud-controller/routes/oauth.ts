import { type HttpReply, type HttpRequest, type Routes, readBody } from '#ground/http-server.ts';
import { type Access, LoginRefused } from '../access.ts';
import { baseOf } from './address.ts';
import { apiVersion } from './root.ts';

/** The part of UAA that clients need to log in. */
export function oauthRoutes(routes: Routes, access: Access): void {
  routes.on('GET', '/login', (request) => {
    const base = baseOf(request);
    return {
      status: 200,
      body: {
        app: { version: apiVersion },
        links: { uaa: base, login: base },
        prompts: { username: ['text', 'Username'], password: ['password', 'Password'] },
        zone_name: 'uaa',
      },
    };
  });
  routes.on('POST', '/oauth/token', (request) => tokenReply(request, access));
}

async function tokenReply(request: HttpRequest, access: Access): Promise<HttpReply> {
  const form = await readForm(request);
  const login = await grant(request, form, access);
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: login };
}

function grant(request: HttpRequest, form: URLSearchParams, access: Access) {
  const client = clientOf(request);
  const field = (name: string) => form.get(name) ?? '';
  switch (field('grant_type')) {
    case 'password':
      checkClient(client);
      if (form.has('passcode'))
        throw new LoginRefused(401, 'unauthorized', 'Passcodes are not supported: use the password');
      return access.withPassword(field('username'), field('password'));
    case 'refresh_token':
      checkClient(client);
      return access.withRefreshToken(field('refresh_token'));
    case 'client_credentials':
      return access.withClientCredentials(client?.id ?? field('client_id'), client?.secret ?? field('client_secret'));
    default:
      throw new LoginRefused(400, 'unsupported_grant_type', `Unsupported grant type: '${field('grant_type')}'`);
  }
}

/** People log in through the client `cf`, whose secret is empty. */
function checkClient(client: { id: string; secret: string } | undefined): void {
  if (client?.id === 'cf' && client.secret === '') return;
  throw new LoginRefused(401, 'unauthorized', 'Bad credentials');
}

function clientOf({ headers }: HttpRequest): { id: string; secret: string } | undefined {
  const encoded = /^basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? { id: text, secret: '' } : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  const limitBytes = 16 * 1024;
  const body = await readBody(request, limitBytes).catch((error: unknown) => {
    throw error instanceof RangeError ? new LoginRefused(413, 'invalid_request', 'The request is too large') : error;
  });
  return new URLSearchParams(body.toString('utf8'));
}
