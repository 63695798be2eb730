import { V1Credentials, V1Error } from '#contract/api/v1.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import { LoginRefused } from '../access.ts';
import { param } from '../routes/find.ts';
import { readV1Json } from './v1-body.ts';
import type { V1Context } from './v1-context.ts';

/** The one account there is, by the name that stood for a mail address in 2012. */
export function v1UserRoutes(routes: Routes, context: V1Context): void {
  const { api, door } = context;
  routes.on(
    'POST',
    '/users/:mail/tokens',
    door.open((request) => logIn(context, request)),
  );
  routes.on(
    'GET',
    '/users/:mail',
    door.guarded((request) => {
      checkIsAdmin(context, request);
      return { status: 200, body: { email: api.setup.admin.name, admin: true } };
    }),
  );
  const refuse = () => {
    throw new V1Error('forbidden', 'Operation not permitted: this platform has one account, which is set up with it.');
  };
  routes.on('POST', '/users', door.open(refuse));
  routes.on('PUT', '/users/:mail', door.guarded(refuse)).on('DELETE', '/users/:mail', door.guarded(refuse));
}

async function logIn({ access }: V1Context, request: HttpRequest): Promise<HttpReply> {
  const { password } = await readV1Json(request, V1Credentials);
  try {
    const token = await access.tokenForAWeek(param(request, 'mail'), password);
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: { token } };
  } catch (error) {
    if (!(error instanceof LoginRefused)) throw error;
    throw new V1Error('forbidden', 'Operation not permitted: unknown user or wrong password.', { cause: error });
  }
}

function checkIsAdmin({ api }: V1Context, request: HttpRequest): void {
  const mail = param(request, 'mail');
  if (mail !== api.setup.admin.name) throw new V1Error('userNotFound', `There is no user '${mail}'.`);
}
