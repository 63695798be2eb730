import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyBeside } from '#cli/upgrade/replace-executable.ts';
import { ActionableError } from '#ground/errors.ts';

/** Run on a disk of 1 MB: prints what becomes of a copy that does not fit. */
const [, , directory = ''] = process.argv;
await writeFile(join(directory, 'localpaas'), 'one', { mode: 0o755 });
await writeFile(join(directory, 'new'), randomBytes(700_000));
const error = await copyBeside(join(directory, 'new'), join(directory, 'localpaas')).catch((each: unknown) => each);
const told =
  error instanceof ActionableError ? { code: error.code, message: error.message } : { message: String(error) };
process.stdout.write(JSON.stringify({ ...told, files: (await readdir(directory)).sort() }));
