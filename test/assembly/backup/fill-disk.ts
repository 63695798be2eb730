import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { restoreBackup } from '#assembly/backup/restore-backup.ts';
import { homeOf } from '#assembly/home.ts';
import { ActionableError } from '#ground/errors.ts';
import { picture } from './sample-backup.ts';

/** Run on a disk with few places for files: prints what becomes of a restore there, and of the state before. */
const [, , directory = '', backup = ''] = process.argv;
const home = homeOf(directory, {});
await mkdir(home.directoryOf('cloud-controller'));
for (let file = 0; file < 12; file += 1) await writeFile(join(home.directoryOf('cloud-controller'), `${file}`), 'old');
const before = JSON.stringify(await picture(directory));
const progress = { step() {}, bytes() {} };
const signal = new AbortController().signal;
const failure = await restoreBackup(home, backup, { signal, progress }).catch((error: unknown) => error);
const told =
  failure instanceof ActionableError ? { code: failure.code, message: failure.message } : { message: String(failure) };
const isUnchanged = before === JSON.stringify(await picture(directory));
const left = (await readdir(directory)).filter((name) => name.startsWith('restoring'));
process.stdout.write(JSON.stringify({ ...told, isUnchanged, left }));
