/**
 * Sees to it that localpaas has a nats-server, and says in one line which. One that is there already is taken as
 * src/packaging/nats-server-program.ts finds it; otherwise the official release is downloaded, or Debian's package
 * unpacked, into .cache/. Both are checked against downloads.lock.json. The release recorded there is of the same line
 * (2.10) as Debian's package, so that a home directory may move between the two.
 *
 *     node --import tsx scripts/nats-server.ts
 */
import { ActionableError, exitCodeOf, messageOf } from '#ground/errors.ts';
import { cacheDirectory } from '#packaging/assets.ts';
import { keepProgram } from '#packaging/keep-program.ts';
import { findNatsServer, natsServerDirectory } from '#packaging/nats-server-program.ts';
import type { NatsServerProgram } from '#packaging/nats-server-version.ts';
import downloads from './downloads.lock.json' with { type: 'json' };
import { debianArchitecture, fetchFromDebian } from './nats-server/debian-package.ts';
import { downloadOfficial } from './nats-server/official-release.ts';

const lock = downloads.natsServer;
const directory = natsServerDirectory(cacheDirectory());

try {
  const program = (await existing()) ?? (await fetched());
  console.log(`nats-server ${program.version}, ${program.origin}`);
} catch (error) {
  console.error(error instanceof ActionableError ? `${error.message}\n${error.remedy}` : error);
  process.exitCode = exitCodeOf(error);
}

async function existing(): Promise<NatsServerProgram | undefined> {
  try {
    return await findNatsServer({ env: process.env, cacheDir: cacheDirectory() });
  } catch (error) {
    if (process.env['LOCALPAAS_NATS_SERVER']) throw error; // what the user named is used or refused, never replaced
    if (!(error instanceof ActionableError)) throw error;
    if (error.code === 'PROGRAM_TOO_OLD') console.log(`${error.message} A newer one is fetched.`);
    return undefined;
  }
}

async function fetched(): Promise<NatsServerProgram> {
  const failures: string[] = [];
  for (const [name, fetchIt] of Object.entries({ 'the official release': official, "Debian's package": debian })) {
    try {
      const kept = await fetchIt();
      return { ...kept, path: kept.file };
    } catch (error) {
      failures.push(`- ${name}: ${messageOf(error)}`);
    }
  }
  throw new ActionableError(
    'PROGRAM_NOT_FOUND',
    `localpaas needs nats-server, and could not fetch one:\n${failures.join('\n')}`,
    'Connect this machine and try again, or get nats-server by other means and name it: LOCALPAAS_NATS_SERVER=<path>.',
  );
}

async function official() {
  console.log(`Fetching nats-server ${lock.official.version} …`);
  const bytes = await downloadOfficial(lock.official);
  return keepProgram(directory, bytes, `official release ${lock.official.version}`);
}

async function debian() {
  console.log("The official release cannot be had; unpacking Debian's package …");
  const { bytes, packageVersion } = await fetchFromDebian();
  const kept = await keepProgram(directory, bytes, `from Debian's package ${packageVersion}`);
  const pins: Readonly<Record<string, string>> = lock.debian.sha256;
  if (pins[await debianArchitecture()] !== kept.sha256) {
    console.log(
      `This is another build than the ${lock.debian.version} that was tried; apt checked its signature. sha256 ${kept.sha256}`,
    );
  }
  return kept;
}
