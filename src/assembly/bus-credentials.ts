import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere, writeFileDurably } from '#ground/files.ts';

const Credentials = v.object({ user: v.string(), password: v.string() });
export type BusCredentials = v.InferOutput<typeof Credentials>;

/** The account of the message bus, made up when there is none yet. Only the home's owner can read it. */
export async function busCredentials(directory: string): Promise<BusCredentials> {
  const file = join(directory, 'credentials.json');
  const text = await readIfThere(file);
  if (text !== undefined) {
    const known = v.safeParse(Credentials, parseJson(text));
    if (known.success) return known.output;
  }
  const fresh = { user: 'localpaas', password: randomBytes(24).toString('base64url') };
  await writeFileDurably(file, `${JSON.stringify(fresh)}\n`);
  return fresh;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // damaged: nobody else knows this account, so a new one does no harm
  }
}
