import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readableSize } from '#ground/bytes.ts';
import { sha256Of } from '#ground/digest.ts';
import { replaceFile } from '#ground/files.ts';
import type { Index } from '#packaging/carried-files.ts';
import { sha256Of as sha256OfFile } from '#packaging/program-records.ts';
import { bundle } from '../build.mjs';
import { assetsOf } from './assets.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { appendix, asProgram, type Cargo, load } from './carry.ts';
import { compiledBy } from './compiled.ts';
import { needsOf, newestOf } from './elf.ts';
import { bundleHalves, type Halves } from './halves.ts';
import { licenceTexts } from './licences.ts';
import { fetchNatsServer } from './nats-server.ts';
import { fetchNode } from './node.ts';
import { makeExecutable, type TargetNode } from './sea.ts';
import { fuse, makeExecutable32 } from './sea-32-bit.ts';
import { shippedPackages } from './shipped-packages.ts';
import { hostTarget, type Target } from './targets.ts';
import { hasZstd, packByZstd } from './zstd.ts';

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
  const halves = await bundleHalves(project);
  const files = {
    program: asProgram(halves.program),
    commands: asProgram(halves.commands),
    assets: Buffer.from(JSON.stringify(assetsOf(project))),
    licences: Buffer.from(await licenceTexts(project, { version: target.node.version, licence: node.licence })),
    'nats-server': natsServer.bytes,
  };
  const { version: natsVersion, origin } = natsServer;
  const shell = await makeShell(target, { node: node.program, halves }, places);
  const make = async (cargo: Cargo) => {
    const glibc =
      target.machine === undefined ? undefined : newestOf(needsOf(Buffer.from(natsServer.bytes)).versions, 'GLIBC');
    const natsServerFacts = { version: natsVersion, origin, ...(glibc !== undefined && { glibc }) };
    return shell.complete(appendix(cargo, { natsServer: natsServerFacts, node: shell.node }));
  };
  const cargo = await load(files, { zstd: await zstdFor(target, places) });
  const bytes = await withCompiledCode(target, { cargo, make, work });

  const name = `localpaas-${target.name}`;
  await replaceFile(join(dist, name), bytes, { mode: 0o755, sync: true });
  const sha256 = sha256Of(bytes);
  const bill = billOfMaterials({
    target,
    version,
    sha256,
    nodeSha256: shell.node.sha256,
    natsServer,
    natsServerSha256: sha256Of(natsServer.bytes),
    packages,
  });
  await replaceFile(join(dist, `${name}.cdx.json`), bill, { mode: 0o644 });
  console.log(
    `${name}  ${readableSize(bytes.length)}  Node ${target.node.version}, nats-server ${natsServer.version} (${natsServer.origin})`,
  );
  return { name, sha256 };
}

/** `undefined` where the target's Node has none. */
async function zstdFor(target: Target, { downloads, work }: Places) {
  if (!hasZstd(target.node.version)) return undefined;
  const { program } = await hostNode(downloads);
  return (content: Uint8Array) => packByZstd(content, program, work);
}

interface Assembly {
  readonly cargo: Cargo;
  readonly make: (cargo: Cargo) => Promise<Buffer>;
  readonly work: string;
}

/** With what V8 compiled of the program where that can be had: for this kind of machine. */
async function withCompiledCode(target: Target, { cargo, make, work }: Assembly): Promise<Buffer> {
  const bare = await make(cargo);
  if (target !== hostTarget()) return bare;
  const compiled = await compiledBy({ bytes: bare, sha256: sha256Of(bare) }, work);
  return compiled === undefined ? bare : make(await load(compiled, { onto: cargo }));
}

/** An executable which lacks only what it is to carry. */
interface Shell {
  readonly node: Index['node'];
  readonly complete: (carried: Buffer) => Promise<Buffer>;
}

interface Ingredients {
  /** The Node of the target. */
  readonly node: string;
  readonly halves: Halves;
}

/** Puts Node and the script that starts the program together. */
async function makeShell(target: Target, { node, halves }: Ingredients, places: Places): Promise<Shell> {
  const define = { LOCALPAAS_PLATFORM_COMMANDS: JSON.stringify(halves.platformCommands) };
  if (target.machine === undefined) {
    // Nothing may follow the signature: it is all in the script.
    const complete = (carried: Buffer) => {
      const embedded = JSON.stringify(carried.toString('base64'));
      return executableOf(target, node, places, { ...define, LOCALPAAS_EMBEDDED: embedded });
    };
    return { node: { sha256: await sha256OfFile(node), fuseAt: null }, complete };
  }
  const executable = await executableOf(target, node, places, define);
  const fuseAt = executable.indexOf(`${fuse}:1`) + fuse.length + 1;
  const complete = async (carried: Buffer) => Buffer.concat([executable, carried]);
  return { node: { sha256: sha256Of(executable), fuseAt }, complete };
}

async function executableOf(
  target: Target,
  node: string,
  { project, downloads, work }: Places,
  define: Record<string, string>,
): Promise<Buffer> {
  const main = await bundle(project, { entry: 'src/packaging/executable-main.ts', define });
  if (target.bits === 32) return makeExecutable32(main.code, node, work);
  return makeExecutable(main.code, { target, program: node }, await hostNode(downloads), work);
}

/** The Node of this machine among those that are carried. */
async function hostNode(downloads: string): Promise<TargetNode> {
  const target = hostTarget();
  if (target === undefined || target.bits === 32) throw new Error('pkg runs on 64-bit Linux and macOS.');
  return { target, program: (await fetchNode(target, downloads)).program };
}
