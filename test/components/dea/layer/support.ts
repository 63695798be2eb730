import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Header, Pax } from 'tar';
import { type StagedLayer, stageLayer } from '#components/dea/layer/stage-layer.ts';
import { unpackDroplet } from '#components/dea/prepare-directory.ts';
import type { LayerSource } from '#contract/dea.ts';
import { createTarGz } from '#ground/tar.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import type { Scope } from '../../../support/spec.ts';

type Fields = ConstructorParameters<typeof Header>[0];
export type RawMember = Exclude<Fields, Buffer | undefined> & { path: string; content?: string | Buffer };

/** A plain tar as it shall be, however wrong. */
export function rawTar(...members: RawMember[]): Buffer {
  const blocks = members.flatMap(({ content = '', ...fields }) => {
    const body = Buffer.from(content);
    const all = {
      mode: 0o644,
      size: body.length,
      type: 'File',
      mtime: new Date(1_700_000_000_000),
      ...fields,
    } as const;
    const header = new Header(all);
    header.encode();
    const extension = header.needPax ? [new Pax(all).encode()] : [];
    return [...extension, header.block ?? Buffer.alloc(0), body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A layer on this machine. */
export async function layerFile(scope: Scope, bytes: Buffer): Promise<LayerSource & { file: string }> {
  const file = join(await scratchDirectory(scope), 'layer.tar');
  await writeFile(file, bytes);
  return { sha256: sha256Of(bytes), uri: 'http://127.0.0.1:9/never-asked', file };
}

/** A layer of these files, those without content are not there any more: `{ 'app/app.js': 'new', 'app/old.js': undefined }` */
export function layerOf(scope: Scope, files: Readonly<Record<string, string | undefined>>) {
  const members = Object.entries(files).map(([path, content]): RawMember => {
    return content === undefined ? { path: path.replace(/[^/]*$/, '.wh.$&') } : { path, content };
  });
  return layerFile(scope, rawTar(...members));
}

/** A plain tar of a directory, with its permissions and times. */
export async function tarOf(scope: Scope, directory: string): Promise<Buffer> {
  const path = join(await scratchDirectory(scope), 'x.tgz');
  await createTarGz(directory, readdirSync(directory), path);
  return gunzipSync(readFileSync(path));
}

export async function stage(scope: Scope, source: LayerSource, maxBytes = 10_000_000): Promise<StagedLayer> {
  const place = { directory: join(await scratchDirectory(scope), 'layers'), usesLocalFiles: true };
  await mkdir(place.directory);
  return scope.use(await stageLayer(source, place, maxBytes, new AbortController().signal));
}

/** Everything an archive can say of a tree, by path: one line each. */
export function treeOf(root: string, path = ''): Record<string, string> {
  const lines: Record<string, string> = {};
  for (const name of readdirSync(join(root, path))) {
    const here = path === '' ? name : `${path}/${name}`;
    const stats = lstatSync(join(root, here));
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) lines[here] = `link to ${readlinkSync(join(root, here))}`;
    else if (stats.isDirectory()) Object.assign(lines, { [here]: `directory ${mode}` }, treeOf(root, here));
    else lines[here] = `file ${mode} ${stats.mtimeMs} ${readFileSync(join(root, here), 'latin1')}`;
  }
  return lines;
}

/** A tree as it comes out of a droplet. */
export async function unpacked(scope: Scope, tree: string): Promise<string> {
  const scratch = await scratchDirectory(scope);
  await createTarGz(tree, readdirSync(tree), join(scratch, 'droplet.tgz'));
  await unpackDroplet(join(scratch, 'droplet.tgz'), join(scratch, 'instance'), 10_000_000);
  return join(scratch, 'instance');
}

/** The same with a layer over it. */
export async function laidOver(scope: Scope, tree: string, members: readonly RawMember[]): Promise<string> {
  const directory = await unpacked(scope, tree);
  const layer = await stage(scope, await layerFile(scope, rawTar(...members)));
  await layer.applyTo(directory);
  return directory;
}

/** Waits until a DEA has removed what it had unpacked of layers. */
export async function untilNoLayerIsLeft({ dataDir }: { readonly dataDir: string }): Promise<void> {
  const isEmpty = () => (readdirSync(join(dataDir, 'layers')).length === 0 ? true : undefined);
  await waitFor('the files of all layers to be removed', isEmpty, { limitMs: 15_000 });
}
