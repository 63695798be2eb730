import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere, writeFileDurably } from '#ground/files.ts';
import { jsonIn } from '#ground/json-in.ts';

const Credentials = v.object({ user: v.string(), password: v.string() });
export type BusCredentials = v.InferOutput<typeof Credentials>;

/** The account of the message bus, made up when there is none yet. Only the home's owner can read it. */
export async function busCredentials(directory: string): Promise<BusCredentials> {
  const file = join(directory, 'credentials.json');
  const text = await readIfThere(file);
  if (text !== undefined) {
    // A damaged file does no harm: nobody else knows this account, and the server is told the new one.
    const known = v.safeParse(Credentials, jsonIn(text));
    if (known.success) return known.output;
  }
  const fresh = { user: 'localpaas', password: randomBytes(24).toString('base64url') };
  await writeFileDurably(file, `${JSON.stringify(fresh)}\n`);
  return fresh;
}
