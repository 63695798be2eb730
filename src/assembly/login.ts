import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { TokenReply } from '#contract/api/resources.ts';
import { readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { reportDamage } from '#ground/damage.ts';
import { ensureDirectory } from '#ground/files.ts';
import { call } from '#ground/http-client.ts';
import type { Log } from '#ground/log.ts';
import { setAside } from '#ground/set-aside.ts';

/** How our own command line is logged in. */
const Login = v.looseObject({
  accessToken: v.string(),
  refreshToken: v.string(),
  /** Milliseconds since 1970. */
  expiresAt: v.number(),
  /** Milliseconds since 1970; a login older than half of what a refresh token lives is made anew. */
  loggedInAt: v.optional(v.number(), 0),
  /** When the key of the tokens was made, in ms since 1970 as the file system has it; with another key they are void. */
  keyMadeAt: v.optional(v.number(), 0),
});

const Account = v.looseObject({ user: v.string(), password: v.string() });

const renewAfterMs = 15 * 86_400_000;

export interface LoginPlace {
  /** Of the cloud controller, which keeps its account there. */
  readonly directory: string;
  /** Where the login is written. */
  readonly file: string;
  /** Where the token endpoint answers. */
  readonly url: string;
  /** Its name, where the one in `url` will not do. */
  readonly host?: string;
}

/** Logs a home's command line in, unless it is. */
export async function logInCommandLine({ directory, file, url, host }: LoginPlace, log: Log): Promise<void> {
  const keyMadeAt = (await stat(join(directory, 'identity.json'))).mtimeMs;
  if (await isLoggedIn(file, keyMadeAt, log)) return;
  const account = v.parse(Account, JSON.parse(await readFile(join(directory, 'admin.json'), 'utf8')));
  const form = new URLSearchParams({ grant_type: 'password', username: account.user, password: account.password });
  const answer = await call(`${url}/oauth/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from('cf:').toString('base64')}`,
      ...(host === undefined ? {} : { host }),
    },
    body: form.toString(),
  });
  if (answer.status !== 200) throw new Error(`The token endpoint answered ${answer.status}: ${await answer.text()}`);
  const token = v.parse(TokenReply, await answer.json());
  const now = Date.now();
  const login: v.InferOutput<typeof Login> = {
    accessToken: token.access_token,
    refreshToken: token.refresh_token,
    expiresAt: now + (token.expires_in ?? 600) * 1000,
    loggedInAt: now,
    keyMadeAt,
  };
  await ensureDirectory(dirname(file));
  await writeCheckedFile(file, login);
}

async function isLoggedIn(file: string, keyMadeAt: number, log: Log): Promise<boolean> {
  const login = await readCheckedFile(file, Login);
  if (login === undefined) return false;
  if (login.ok) return login.value.keyMadeAt === keyMadeAt && Date.now() - login.value.loggedInAt < renewAfterMs;
  reportDamage(log, {
    found: `The login of this command line, ${file}, cannot be read: ${login.reason}.`,
    done: 'It was logged in anew.',
    keptIn: await setAside(file, join(dirname(file), 'damaged')),
  });
  return false;
}
