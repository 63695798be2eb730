import { cacheDirectory } from '#packaging/assets.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';

/** The nats-server the tests run. @throws ActionableError PROGRAM_NOT_FOUND, PROGRAM_TOO_OLD */
export async function natsServerProgram(): Promise<string> {
  return (await findNatsServer({ env: process.env, cacheDir: cacheDirectory() })).path;
}
