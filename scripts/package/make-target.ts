import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readableSize } from '#ground/bytes.ts';
import { replaceFile } from '#ground/files.ts';
import type { Index } from '#packaging/carried-files.ts';
import { sha256Of as sha256OfFile } from '#packaging/program-records.ts';
import { bundle } from '../build.mjs';
import { assetsOf } from './assets.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { appendix, type Cargo, load } from './carry.ts';
import { licenceTexts } from './licences.ts';
import { fetchNatsServer } from './nats-server.ts';
import { fetchNode } from './node.ts';
import { makeExecutable } from './sea.ts';
import { fuse, makeExecutable32 } from './sea-32-bit.ts';
import { shippedPackages } from './shipped-packages.ts';
import { hostTarget, type Target } from './targets.ts';

export interface Places {
  readonly project: string;
  /** What was fetched, and is checked each time it is used. */
  readonly downloads: string;
  /** What can be made again. */
  readonly work: string;
  readonly dist: string;
}

export interface Made {
  readonly name: string;
  readonly sha256: string;
}

/** Makes one executable and its bill of materials. @param version of localpaas */
export async function makeTarget(target: Target, version: string, places: Places): Promise<Made> {
  const { project, downloads, work, dist } = places;
  await Promise.all([downloads, work, dist].map((directory) => mkdir(directory, { recursive: true })));
  const [node, natsServer, packages] = await Promise.all([
    fetchNode(target, downloads),
    fetchNatsServer(target, downloads),
    shippedPackages(project),
  ]);
  const program = await bundle(project, { entry: 'src/main.ts', minify: true });
  const cargo = await load(
    {
      program: Buffer.from(program.code),
      assets: Buffer.from(JSON.stringify(assetsOf(project))),
      licences: Buffer.from(await licenceTexts(project, { version: target.node.version, licence: node.licence })),
      'nats-server': natsServer.bytes,
    },
    work,
    target.brotliQuality,
  );
  const facts = { version: natsServer.version, origin: natsServer.origin };
  const { bytes, nodeSha256 } = await assemble(target, node.program, cargo, facts, places);

  const name = `localpaas-${target.name}`;
  await replaceFile(join(dist, name), bytes, { mode: 0o755, sync: true });
  const sha256 = sha256Of(bytes);
  const bill = billOfMaterials({
    target,
    version,
    sha256,
    nodeSha256,
    natsServer,
    natsServerSha256: cargo.files['nats-server']?.sha256 ?? '',
    packages,
  });
  await replaceFile(join(dist, `${name}.cdx.json`), bill, { mode: 0o644 });
  console.log(
    `${name}  ${readableSize(bytes.length)}  Node ${target.node.version}, nats-server ${natsServer.version} (${natsServer.origin})`,
  );
  return { name, sha256 };
}

/** Puts Node, the script that starts the program, and what is carried together. */
async function assemble(
  target: Target,
  node: string,
  cargo: Cargo,
  natsServer: Index['natsServer'],
  places: Places,
): Promise<{ bytes: Buffer; nodeSha256: string }> {
  if (target.machine === undefined) {
    // Nothing may follow the signature: it is all in the script.
    const nodeSha256 = await sha256OfFile(node);
    const carried = await appendix(cargo, { natsServer, node: { sha256: nodeSha256, fuseAt: null } });
    return { bytes: await executableOf(target, node, places, carried.toString('base64')), nodeSha256 };
  }
  const executable = await executableOf(target, node, places);
  const nodeSha256 = sha256Of(executable);
  const fuseAt = executable.indexOf(`${fuse}:1`) + fuse.length + 1;
  const carried = await appendix(cargo, { natsServer, node: { sha256: nodeSha256, fuseAt } });
  return { bytes: Buffer.concat([executable, carried]), nodeSha256 };
}

async function executableOf(
  target: Target,
  node: string,
  { project, downloads, work }: Places,
  embedded?: string,
): Promise<Buffer> {
  const main = await bundle(project, {
    entry: 'src/packaging/executable-main.ts',
    minify: true,
    define: embedded === undefined ? {} : { LOCALPAAS_EMBEDDED: JSON.stringify(embedded) },
  });
  if (target.bits === 32) return makeExecutable32(main.code, node, work);
  const host = hostTarget();
  if (host === undefined || host.bits === 32) throw new Error('pkg runs on 64-bit Linux and macOS.');
  const { program } = await fetchNode(host, downloads);
  return makeExecutable(main.code, { target, program: node }, { target: host, program }, work);
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
