import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { reportDamage } from '#ground/damage.ts';
import type { Log } from '#ground/log.ts';
import { setAside } from '#ground/set-aside.ts';

const Credentials = v.object({ user: v.string(), password: v.string() });
export type BusCredentials = v.InferOutput<typeof Credentials>;

/** The account of the message bus, made up when there is none that can be read. Only the home's owner can read it. */
export async function busCredentials(directory: string, log: Log): Promise<BusCredentials> {
  const file = join(directory, 'credentials.json');
  const known = await readCheckedFile(file, Credentials);
  if (known?.ok === true) return known.value;
  if (known !== undefined) {
    // It does no harm: nobody else knows this account, and the server is told the new one.
    reportDamage(log, {
      found: `The account of the message bus, ${file}, cannot be read: ${known.reason}.`,
      done: 'Another one was made up.',
      keptIn: await setAside(file, join(directory, 'damaged')),
    });
  }
  const fresh = { user: 'localpaas', password: randomBytes(24).toString('base64url') };
  await writeCheckedFile(file, fresh);
  return fresh;
}
