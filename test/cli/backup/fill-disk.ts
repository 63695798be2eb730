import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../run-cli.ts';

/** Run on a small disk: prints what becomes of a backup that has no room there, and of the one before it. */
const [, , disk = '', home = ''] = process.argv;
await writeFile(join(disk, 'b.tar.gz'), 'the old backup');
const { exitCode, messages } = await runCli(['backup', join(disk, 'b.tar.gz'), '--force'], { home });
const content = await readFile(join(disk, 'b.tar.gz'), 'utf8');
process.stdout.write(JSON.stringify({ exitCode, messages, left: await readdir(disk), content }));
