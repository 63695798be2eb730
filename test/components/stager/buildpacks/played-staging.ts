import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { StagingRequest } from '#contract/staging.ts';
import { extractTarGz } from '#ground/tar.ts';
import { rawZip } from '../../../ground/raw-zip.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import type { Scope } from '../../../support/spec.ts';
import { askToStage, playCloudController, requestFor, startStager } from '../peers.ts';

const executable = 0o100755;
const app = rawZip([{ name: 'app.txt', content: 'hello' }]);

/** A buildpack of these scripts, by name. */
export function buildpack(scripts: Readonly<Record<string, string>>): Buffer {
  return rawZip(
    Object.entries(scripts).map(([name, text]) => ({
      name: `bin/${name}`,
      content: `#!/bin/bash\n${text}\n`,
      mode: executable,
    })),
  );
}

interface Given {
  readonly packs: Readonly<Record<string, Buffer>>;
  readonly chosen?: boolean;
  readonly bits?: Buffer;
  readonly options?: Parameters<typeof startStager>[1];
  readonly place?: Parameters<typeof startStager>[2];
}

/** A stager, and a cloud controller that has an app and buildpacks. */
export async function start(scope: Scope, { packs, chosen = true, bits = app, options = {}, place = {} }: Given) {
  const stager = await startStager(scope, options, place);
  const cloud = await playCloudController(scope, bits, {
    download: (request: IncomingMessage, response) => {
      const name = /\/buildpack\/(.*)/.exec(request.url ?? '')?.[1];
      response.end(name === undefined ? bits : packs[name]);
    },
  });
  const request: StagingRequest = {
    ...requestFor(cloud),
    log_id: 'my-app',
    ...(chosen ? { lifecycle: 'buildpack' } : {}),
    lifecycle_data: {
      buildpacks: Object.keys(packs).map((name) => ({ name, key: name, url: `${cloud.address}/buildpack/${name}` })),
      skip_detect: chosen,
      stack: 'host',
      environment: [{ name: 'VCAP_APPLICATION', value: '{"name":"my-app"}' }],
    },
  };
  request.properties.environment = ['OWN=mine'];
  return { stager, cloud, request, stage: (limitMs = 20_000) => askToStage(stager.bus, request, limitMs) };
}

export async function unpacked(scope: Scope, droplet: Buffer | undefined): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'droplet');
  await extractTarGz(Readable.from([droplet ?? Buffer.alloc(0)]), directory);
  return directory;
}
