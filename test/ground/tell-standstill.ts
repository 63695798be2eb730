import { createInterface } from 'node:readline';
import { Standstill } from '#ground/standstill.ts';

/** Says for each line it reads whether there was a standstill. Its argument: how long it may not be asked, in ms. */
const standstill = new Standstill(Number(process.argv[2]));
for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${standstill.noticed()}\n`);
