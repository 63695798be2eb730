import { randomBytes, randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { ActionableError } from '#ground/errors.ts';
import { readIfThere, writeFileDurably } from '#ground/files.ts';
import { reasonOf } from '#ground/reason-of.ts';
import type { CloudControllerOptions } from './options.ts';

/** A place apps belong to. There is one organization, one space in it, and one domain. */
export interface Place {
  readonly guid: string;
  readonly name: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** What the first start makes up and later ones find again. */
export interface Setup {
  readonly organization: Place;
  readonly space: Place;
  readonly domain: Place;
  readonly admin: { readonly guid: string; readonly name: string; readonly password: string };
  /** Signs the tokens. */
  readonly secret: Uint8Array;
}

const Identity = v.object({
  createdAt: v.string(),
  organization: v.string(),
  space: v.string(),
  admin: v.string(),
  /** Guid by name: a changed domain is another one, and the old one's guid comes back with its name. */
  domains: v.record(v.string(), v.string()),
  /** 32 bytes in hex. */
  secret: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
type Identity = v.InferOutput<typeof Identity>;
const Admin = v.object({ user: v.string(), password: v.pipe(v.string(), v.nonEmpty()) });

/**
 * Reads `identity.json` and `admin.json` of `dataDir`, and makes what is missing. Both are for their owner's eyes only:
 * one holds the key of all tokens, the other the administrator's password.
 * @throws ActionableError START_FAILED when a file is damaged
 */
export async function setUp(dataDir: string, options: CloudControllerOptions): Promise<Setup> {
  const [identity, admin] = await Promise.all([identityOf(dataDir, options), adminOf(dataDir, options)]);
  const place = (guid: string, name: string): Place => ({ guid, name, createdAt: identity.createdAt });
  return {
    organization: place(identity.organization, 'localpaas'),
    space: place(identity.space, 'dev'),
    domain: place(identity.domains[options.domain] ?? '', options.domain),
    admin: { guid: identity.admin, name: admin.user, password: admin.password },
    secret: Buffer.from(identity.secret, 'hex'),
  };
}

async function identityOf(dataDir: string, { domain }: CloudControllerOptions): Promise<Identity> {
  const path = join(dataDir, 'identity.json');
  const known = await read(path, Identity);
  if (known?.domains[domain] !== undefined) return known;
  const fresh = known ?? {
    createdAt: new Date().toISOString(),
    organization: randomUUID(),
    space: randomUUID(),
    admin: randomUUID(),
    domains: {},
    secret: randomBytes(32).toString('hex'),
  };
  const identity = { ...fresh, domains: { ...fresh.domains, [domain]: randomUUID() } };
  await write(path, identity);
  return identity;
}

async function adminOf(dataDir: string, { adminName, adminPassword }: CloudControllerOptions) {
  const path = join(dataDir, 'admin.json');
  const known = await read(path, Admin);
  const password = adminPassword ?? known?.password ?? randomBytes(18).toString('base64url');
  const admin = { user: adminName, password };
  if (known?.user !== admin.user || known.password !== admin.password) await write(path, admin);
  return admin;
}

async function read<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  await chmod(path, 0o600); // a copy or a restored backup may have lost it
  const parsed = v.safeParse(schema, parsedOrNothing(text));
  if (parsed.success) return parsed.output;
  throw new ActionableError(
    'START_FAILED',
    `The file ${path} is damaged: ${reasonOf(parsed.issues)}.`,
    'Restore it from a backup, or move it away: a new one is made, and everybody has to log in again.',
  );
}

function parsedOrNothing(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // the schema says what is missing
  }
}

function write(path: string, value: object): Promise<void> {
  return writeFileDurably(path, `${JSON.stringify(value, null, 2)}\n`, 0o600);
}
