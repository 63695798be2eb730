import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Blobs } from '#components/cloud-controller/bits/blobs.ts';
import { ActionableError } from '#ground/errors.ts';

/** Run on a disk of 200 KB: prints what becomes of a blob that does not fit, and of one that does afterwards. */
const [, , directory = ''] = process.argv;
const blobs = await Blobs.open(directory, () => true);
const large = Readable.from([randomBytes(150_000), randomBytes(150_000)]);
const failure = await blobs.take(large, 'the package').catch((error: unknown) => error);
const told = failure instanceof ActionableError ? { code: failure.code, message: failure.message } : String(failure);
await using incoming = await blobs.take(Readable.from([randomBytes(150_000)]), 'the package');
const { sizeBytes } = await incoming.keep();
process.stdout.write(JSON.stringify({ told, sizeBytes }));
