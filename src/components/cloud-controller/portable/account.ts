import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { writeFileDurably } from '#ground/files.ts';
import { Admin, adminFileIn, Identity, identityFileIn } from '../setup.ts';

/**
 * By what clients know a platform: guids of its places, and the administrator's account. The key of the tokens stays
 * where it is, so a copy of a platform takes no token of the other one.
 */
export const Account = v.object({ identity: v.omit(Identity, ['secret']), admin: Admin });
export type Account = v.InferOutput<typeof Account>;

/** `undefined` when the platform of this directory was never started, or its files are damaged. */
export async function readAccount(dataDir: string): Promise<Account | undefined> {
  const { identity, admin } = Account.entries;
  const [known, account] = await Promise.all([
    readCheckedFile(identityFileIn(dataDir), identity),
    readCheckedFile(adminFileIn(dataDir), admin),
  ]);
  return known?.ok === true && account?.ok === true ? { identity: known.value, admin: account.value } : undefined;
}

/** Has the next platform of this directory be known by this account, with a new key for its tokens. */
export async function writeAccount(dataDir: string, { identity, admin }: Account): Promise<void> {
  await writeCheckedFile(identityFileIn(dataDir), { ...identity, secret: randomBytes(32).toString('hex') });
  await writeFileDurably(adminFileIn(dataDir), `${JSON.stringify(admin, null, 2)}\n`);
}
