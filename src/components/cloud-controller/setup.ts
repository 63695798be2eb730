import { randomBytes, randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { type Damage, reportDamage } from '#ground/damage.ts';
import { writeFileDurably } from '#ground/files.ts';
import type { Log } from '#ground/log.ts';
import { setAside } from '#ground/set-aside.ts';
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

export const Identity = v.object({
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
export const Admin = v.object({ user: v.string(), password: v.pipe(v.string(), v.nonEmpty()) });

export function identityFileIn(dataDir: string): string {
  return join(dataDir, 'identity.json');
}

export function adminFileIn(dataDir: string): string {
  return join(dataDir, 'admin.json');
}

interface Files {
  readonly dataDir: string;
  readonly log: Log;
}

/**
 * Reads `identity.json` and `admin.json` of `dataDir`, and makes what is missing or damaged. Both are for their owner's
 * eyes only: one holds the key of all tokens, the other the administrator's password.
 */
export async function setUp(dataDir: string, options: CloudControllerOptions, log: Log): Promise<Setup> {
  const files = { dataDir, log };
  const [identity, admin] = await Promise.all([identityOf(files, options), adminOf(files, options)]);
  const place = (guid: string, name: string): Place => ({ guid, name, createdAt: identity.createdAt });
  return {
    organization: place(identity.organization, 'localpaas'),
    space: place(identity.space, 'dev'),
    domain: place(identity.domains[options.domain] ?? '', options.domain),
    admin: { guid: identity.admin, name: admin.user, password: admin.password },
    secret: Buffer.from(identity.secret, 'hex'),
  };
}

async function identityOf({ dataDir, log }: Files, { domain }: CloudControllerOptions): Promise<Identity> {
  const path = identityFileIn(dataDir);
  const known = await read(path, Identity, log, {
    done: 'Another one was made up, with another key for tokens and other guids of organization and space.',
    next: "Log in again where the 'cf' command is used; this machine's `localpaas` is logged in by itself.",
  });
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
  await writeCheckedFile(path, identity);
  return identity;
}

async function adminOf({ dataDir, log }: Files, { adminName, adminPassword }: CloudControllerOptions) {
  const path = adminFileIn(dataDir);
  const known = await read(path, Admin, log, {
    done: adminPassword === undefined ? 'A new password was made up.' : 'It was written anew.',
    next: `The password is in ${path}.`,
  });
  const password = adminPassword ?? known?.password ?? randomBytes(18).toString('base64url');
  const admin = { user: adminName, password };
  // Without a checksum: people may write their own password into it.
  const text = `${JSON.stringify(admin, null, 2)}\n`;
  if (known?.user !== admin.user || known.password !== admin.password) await writeFileDurably(path, text);
  return admin;
}

/** What a file holds; `undefined` when there is none, or none that can be read: that one is set aside. */
async function read<T>(
  path: string,
  schema: v.GenericSchema<unknown, T>,
  log: Log,
  remedy: Pick<Damage, 'done' | 'next'>,
): Promise<T | undefined> {
  const checked = await readCheckedFile(path, schema);
  if (checked === undefined) return undefined;
  if (checked.ok) {
    await chmod(path, 0o600); // a copy or a restored backup may have lost it
    return checked.value;
  }
  const keptIn = await setAside(path, join(dirname(path), 'damaged'));
  reportDamage(log, { found: `The file ${path} cannot be read: ${checked.reason}.`, keptIn, ...remedy });
  return undefined;
}
