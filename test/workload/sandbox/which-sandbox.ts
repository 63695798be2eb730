import { isolationHere } from '#workload/sandbox/index.ts';

/** Prints which level of isolation there is for whoever runs it, as JSON. */
process.stdout.write(JSON.stringify(await isolationHere()));
