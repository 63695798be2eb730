import { dirname } from 'node:path';
import * as v from 'valibot';
import { type Home, type PartsRecord, readPartsRecord, readPlatformRecord } from '#assembly/home.ts';
import { readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { ensureDirectory } from '#ground/files.ts';
import { isAlive } from '#ground/processes.ts';

/** What the commands of a home talk to. */
export interface Endpoint {
  readonly platform: PartsRecord;
  readonly loginFile: string;
  /** The API's name, where the router's address alone does not lead to it. */
  readonly apiHost: string | undefined;
}

/** The platform of this home; a cloud controller that runs alone while there is none. */
export async function endpointOf(home: Home): Promise<Endpoint | undefined> {
  const [platform, parts] = await Promise.all([readPlatformRecord(home), readPartsRecord(home)]);
  const isParts = parts !== undefined && !(platform !== undefined && (await isAlive(platform)));
  if (isParts && (platform === undefined || (await isAlive(parts)))) {
    return { platform: parts, loginFile: home.partsLoginFile, apiHost: `api.${parts.domain}` };
  }
  return platform && { platform, loginFile: home.loginFile, apiHost: undefined };
}

/** The command line's login, made by what it talks to; what else that notes there is kept. */
const Login = v.looseObject({
  accessToken: v.pipe(v.string(), v.nonEmpty()),
  refreshToken: v.pipe(v.string(), v.nonEmpty()),
  /** Of the access token, in ms since 1970. */
  expiresAt: v.number(),
});
export type Login = v.InferOutput<typeof Login>;

/** `undefined` when there is none, or none that can be understood. */
export async function readLogin(file: string): Promise<Login | undefined> {
  const login = await readCheckedFile(file, Login);
  return login?.ok === true ? login.value : undefined; // damaged: the next `up` makes another
}

export async function writeLogin(file: string, login: Login): Promise<void> {
  await ensureDirectory(dirname(file));
  await writeCheckedFile(file, login);
}
