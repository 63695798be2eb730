import { isFree } from '#ground/ports.ts';

/** Below those which the system gives to connections, and away from where apps are: nobody else takes them by chance. */
const range = { first: 12_000, count: 18_000 };

/** A port to listen on, of this machine's loopback address. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = range.first + Math.floor(Math.random() * range.count);
    if (await isFree(port)) return port;
  }
}
