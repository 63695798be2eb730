import { dirname } from 'node:path';
import * as v from 'valibot';
import type { Home } from '#assembly/home.ts';
import { readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { ensureDirectory } from '#ground/files.ts';

/** The command line's login, made by `up`; what else `up` notes there is kept. */
const Login = v.looseObject({
  accessToken: v.pipe(v.string(), v.nonEmpty()),
  refreshToken: v.pipe(v.string(), v.nonEmpty()),
  /** Of the access token, in ms since 1970. */
  expiresAt: v.number(),
});
export type Login = v.InferOutput<typeof Login>;

/** `undefined` when there is none, or none that can be understood. */
export async function readLogin(home: Home): Promise<Login | undefined> {
  const login = await readCheckedFile(home.loginFile, Login);
  return login?.ok === true ? login.value : undefined; // damaged: the next `up` makes another
}

export async function writeLogin(home: Home, login: Login): Promise<void> {
  await ensureDirectory(dirname(home.loginFile));
  await writeCheckedFile(home.loginFile, login);
}
