import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSandbox } from '#workload/sandbox/open-sandbox.ts';
import { kindsHere, tools } from './kinds.ts';

/** Runs a program in a sandbox until somebody kills this process: `hold-sandbox.ts KIND DIRECTORY MARK`. */
const [, , name, directory = '', MARK = ''] = process.argv;
const { kinds } = await kindsHere();
const kind = kinds.find((each) => each.name === name);
if (kind === undefined) throw new Error(`There is no ${name} here.`);
await mkdir(join(directory, 'mounts'));
const view = { writable: [], places: {}, hidden: [], readable: [] };
const sandbox = await openSandbox(kind, tools, { directory: join(directory, 'mounts'), view });
await sandbox.start({ program: 'sleep', args: ['600'], env: { PATH: '/usr/bin:/bin', MARK } });
process.stdout.write('ready\n');
