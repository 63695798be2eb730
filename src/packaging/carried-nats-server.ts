import { join } from 'node:path';
import { type CarriedFiles, nameOfNatsServer } from './carried-files.ts';
import { executable } from './executable.ts';
import { requireGlibc } from './glibc.ts';
import { inCache, isExecutable, makeWay, tidyCache } from './in-cache.ts';
import { placeProgram, recordProgram } from './keep-program.ts';
import type { NatsServerProgram } from './nats-server-version.ts';
import { isIntact, readKeptProgram, sha256Of } from './program-records.ts';

/**
 * The nats-server an executable carries, unpacked into a cache. Its name is made from its content, so that another
 * version never writes over one that runs.
 * @param whileUnpacking is called when there is time to do something else
 * @throws ActionableError CACHE_NOT_USABLE; PROGRAM_NOT_FOUND when it does not run on this machine; EXECUTABLE_DAMAGED
 */
export function carriedNatsServer(
  files: CarriedFiles,
  env: Readonly<Record<string, string | undefined>>,
  whileUnpacking: () => unknown = () => {},
): Promise<NatsServerProgram> {
  const { version, origin, glibc } = files.index.natsServer;
  const sha256 = files.sha256('nats-server');
  const file = nameOfNatsServer(files);
  const record = `${file}.json`;
  return inCache(env, 'its nats-server', {
    async find(directory) {
      const known = await readKeptProgram(directory, record);
      const path = join(directory, file);
      if (known?.sha256 !== sha256 || !(await isIntact(directory, known, record))) return undefined;
      return (await isExecutable(path)) ? { path, version, origin } : undefined;
    },
    async make(directory) {
      if (glibc !== undefined) requireGlibc(glibc);
      const path = join(directory, file);
      if (!(await isAlready(path, sha256))) {
        await makeWay(path, 'file');
        // What started us has a class ActionableError of its own: when that fails, ours shall tell.
        const begun = executable()?.takeNatsServer() ?? Promise.reject();
        const unpacked = await begun.catch(() => files.readUnverified('nats-server'));
        const whileWriting = () => {
          unpacked.verify();
          // Not earlier: two threads unpack, and few boards have more processors to spare.
          whileUnpacking();
        };
        await placeProgram(directory, unpacked.pieces, { origin, version, sha256, whileWriting });
      }
      await makeWay(join(directory, record), 'file');
      // Until there is a record, the next start reads the whole file.
      whenQuiet(async () => {
        await recordProgram(directory, { file, version, sha256, origin }, record);
        await tidyCache(directory, file);
      });
      return { path, version, origin };
    },
  });
}

/** Disk and processor have more urgent work in a first start. */
function whenQuiet(work: () => Promise<void>): void {
  const start = () => work().catch(() => {}); // it is done again then
  setTimeout(start, 1_000).unref();
}

/** Whether the program is there without a record: somebody was killed, or is about to write it. */
async function isAlready(path: string, sha256: string): Promise<boolean> {
  if (!(await isExecutable(path))) return false;
  return sha256Of(path).then(
    (found) => found === sha256,
    () => false, // a directory, say
  );
}
