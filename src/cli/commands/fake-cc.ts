import { join, resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { ensureDirectory } from '#ground/files.ts';
import { assetsDirectory } from '#packaging/assets.ts';
import type { Cli } from '../cli.ts';
import { appZipOf } from '../parts/app-zip.ts';
import { startFakeCloudController } from '../parts/fake-cc.ts';

interface FakeCcInput {
  readonly port: number | undefined;
  readonly app: string | undefined;
  readonly droplets: string | undefined;
}

/** Stands in for a cloud controller until it is asked to stop. */
export async function run(cli: Cli, { port = 9292, app, droplets }: FakeCcInput): Promise<number> {
  if (port > 65_535) throw new ActionableError('USAGE', `--port cannot be '${port}'.`, 'Give it 65535 or less.');
  const path =
    app === undefined
      ? join(await assetsDirectory('sample-apps', cli.env), 'hello-sinatra')
      : resolve(cli.workingDirectory, app);
  const openApp = appZipOf(path);
  const place = droplets === undefined ? join(cli.home, 'parts', 'fake-cc') : resolve(cli.workingDirectory, droplets);
  const directory = await ensureDirectory(place);
  await using server = await startFakeCloudController({
    port,
    openApp,
    directory,
    say: (line) => cli.out.line(line),
  });
  cli.out.line(`A stand-in for a cloud controller listens on http://127.0.0.1:${server.port}; every app is ${path}`);
  await new Promise<void>((done) => {
    if (cli.signal.aborted) done();
    else cli.signal.addEventListener('abort', () => done(), { once: true });
  });
  return 0;
}
