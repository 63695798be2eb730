import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

/** What stands in for an executable, 200 KB: the script wants to know its version, and no more. */
export const program = (version: string) => `#!/bin/sh\necho "localpaas ${version}"\nexit\n${'#'.repeat(200_000)}\n`;

export interface Release {
  readonly directory: string;
  /** The executable in it. */
  readonly file: string;
}

/** A directory with an executable and SHA256SUMS. */
export async function released(
  scope: Scope,
  { for: built = 'x64', content = program('1.2.3') } = {},
): Promise<Release> {
  const directory = await scratchDirectory(scope);
  const file = join(directory, `localpaas-linux-${built}`);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await writeFile(file, content);
  await writeFile(
    join(directory, 'SHA256SUMS'),
    `${'0'.repeat(64)}  localpaas-linux-other\n${sha256}  ${basename(file)}\n`,
  );
  return { directory, file };
}

/** A server on loopback. @returns its URL */
export async function serve(scope: Scope, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  scope.defer(async () => {
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
