import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { builderOptionsOf } from '#workload/lifecycle/builder/index.ts';
import { runCommand } from '../../../support/localpaas.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import {
  addApp,
  addToys,
  type Built,
  build,
  emptyPlace,
  fixtures,
  git,
  listing,
  type Place,
  recordedEnv,
} from './a-build.ts';

/**
 * What Diego's own builder did, and what ours does with the same toys. They are compared but for
 * - the directories: ours is not /tmp, and the one of contents has a name at random,
 * - the order of `processes`, which is at random with Diego, and of tar members, which is that of the disk,
 * - the owners of files, which are those of whoever runs the test,
 * - addresses of servers, and the size of a zip, which another program made.
 */
interface Recorded {
  readonly name: string;
  readonly app: string;
  readonly hash: 'xx' | 'md5';
  readonly args: readonly string[];
}

const recordings = join(fixtures, 'recorded');
const database = { VCAP_SERVICES: '{"pg":[{"name":"a","credentials":{"uri":"postgresql://u:p@h:5432/db"}}]}' };
/** These are run through the command line, too. */
const byCommand = ['detect-second', 'multi', 'fail-compile', 'no-order', 'git-file'];

const cases = await Promise.all((await readdir(recordings)).map(recordedCase));

describe("Diego's builder, as it was recorded", (it) => {
  for (const each of cases) {
    it(`does the same: ${each.name}`, async (scope) => {
      const { place, env } = await arranged(scope, each);
      await compare(place, each, await build(place, { env }));
    });
  }

  for (const each of cases.filter(({ name }) => byCommand.includes(name))) {
    it(`does the same by \`localpaas builder\`: ${each.name}`, async (scope) => {
      const { place, env, args } = await arranged(scope, each);
      const { code, out, err } = await runCommand(['builder', ...args, '-strict-diego'], env, { cwd: place.directory });
      await compare(place, each, { code: code ?? -1, out, err, staged: undefined });
    });
  }
});

async function recordedCase(name: string): Promise<Recorded> {
  const command = await readFile(join(recordings, name, 'command.txt'), 'utf8');
  const [, words = '', app = '', hash] = /^builder (.*?) +\(app (\S+), dir hash (xx|md5)\)/.exec(command) ?? [];
  return { name, app, hash: hash === 'md5' ? 'md5' : 'xx', args: words.split(' ') };
}

async function arranged(scope: Scope, { name, app, hash, args }: Recorded) {
  const place = await emptyPlace(scope);
  await addApp(place, app);
  await addToys(place, await readdir(join(fixtures, 'buildpacks')), hash);
  const address = args.some((arg) => arg.includes('http:')) ? await serve(scope, place) : '';
  if (args.some((arg) => /gitbp/.test(arg))) await makeRepository(place);
  const words = args.map((arg) => arg.replace('/mnt', place.directory).replace('http://127.0.0.1:18099', address));
  const { buildDir, outputDroplet, outputMetadata, outputCache, buildpacksDir, downloadDir, cacheDir } = place.options;
  const all = [
    ...words,
    ...[`-buildDir=${buildDir}`, `-outputDroplet=${outputDroplet}`, `-outputMetadata=${outputMetadata}`],
    ...[`-outputBuildArtifactsCache=${outputCache}`, `-buildpacksDir=${buildpacksDir}`],
    ...[`-buildpacksDownloadDir=${downloadDir}`, `-buildArtifactsCacheDir=${cacheDir}`],
  ];
  const env = { ...recordedEnv, ...(name === 'dburl' ? database : {}) };
  return { place: { ...place, options: optionsOf(place, all) }, env, args: all };
}

/** A missing flag is refused before there are options; that case is the command line's. */
function optionsOf(place: Place, args: readonly string[]): Place['options'] {
  if (args[0] === '-buildpackOrder=') return { ...place.options, order: [] };
  return { ...builderOptionsOf(args), strict: true };
}

async function compare(place: Place, { name }: Recorded, built: Built): Promise<void> {
  if (name === 'no-order' && built.err.startsWith('None')) return; // only the command line knows of flags
  const theirs = (file: string) => readFile(join(recordings, name, file), 'utf8');
  const ours = (text: string) => evened(text.replaceAll(place.directory, '/tmp'));
  assert.is(ours(built.err), evened(await theirs('stderr.txt')), 'stderr');
  assert.is(ours(built.out), evened(await theirs('stdout.txt')), 'stdout');
  assert.is(built.code, Number(await theirs('exit-code.txt')), 'exit code');
  const recorded = (file: string) => existsSync(join(recordings, name, file));
  assert.is(existsSync(place.options.outputMetadata), recorded('result.json'), 'whether there is a result');
  if (recorded('result.json')) {
    const text = await readFile(place.options.outputMetadata, 'utf8');
    assert.is(sortedProcesses(ours(text)), sortedProcesses(evened(await theirs('result.json'))));
  }
  assert.is(existsSync(place.options.outputDroplet), recorded('droplet.tar.txt'), 'whether there is a droplet');
  if (!recorded('droplet.tar.txt')) return;
  await compareTars(place, theirs, ours);
}

async function compareTars(
  { directory, options }: Place,
  theirs: (file: string) => Promise<string>,
  ours: (text: string) => string,
): Promise<void> {
  const info = await unpacked(options.outputDroplet, directory, './staging_info.yml');
  assert.is(ours(info), evened(await theirs('staging_info.yml')));
  const owner = (line: string) => line.replace(/ \d+\/\d+ /, ' ').trimEnd();
  const recorded = (await theirs('droplet.tar.txt')).trimEnd().split('\n').map(owner).sort();
  assert.equal((await listing(options.outputDroplet)).map(owner), recorded);
  const cache = (await listing(join(directory, 'output-cache'))).map((line) => line.split(' ').at(-1)).sort();
  assert.equal(cache, (await theirs('output-cache.tar.txt')).trimEnd().split('\n').sort());
}

async function unpacked(tar: string, directory: string, member: string): Promise<string> {
  await promisify(execFile)('tar', ['-xzf', tar, '-C', directory, member]);
  const text = await readFile(join(directory, member), 'utf8');
  await rm(join(directory, member));
  return text;
}

function evened(text: string): string {
  return text
    .replace(/\/contents\w+/g, '/contents')
    .replaceAll('/mnt/', '/tmp/')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://server')
    .replace(/\([\d.]+[BK]\)/, '(size)');
}

function sortedProcesses(text: string): string {
  return text.replace(/"processes":(\[.*?\])/, (_, list: string) => {
    const processes = JSON.parse(list) as { type: string }[];
    return `"processes":${JSON.stringify(processes.sort((a, b) => (a.type < b.type ? -1 : 1)))}`;
  });
}

/** A bare repository: `main` is the toy, with the tag rel1, and `v2` says so. */
async function makeRepository({ directory }: Place): Promise<void> {
  const work = join(directory, 'work');
  await cp(join(fixtures, 'buildpacks', 'toy'), work, { recursive: true });
  await git(work, 'init', '--quiet');
  await git(work, 'add', '.');
  await git(work, 'commit', '--quiet', '-m', 'toy');
  await git(work, 'tag', 'rel1');
  await git(work, 'checkout', '--quiet', '-b', 'v2');
  await writeFile(join(work, 'bin', 'detect'), '#!/usr/bin/env bash\necho "Toy Git v2"\n');
  await git(work, 'commit', '--quiet', '-a', '-m', 'second');
  await git(work, 'checkout', '--quiet', 'main');
  await git(directory, 'clone', '--quiet', '--bare', 'work', 'gitbp.git');
  await git(join(directory, 'gitbp.git'), 'update-server-info');
  await rm(work, { recursive: true });
}

/** Serves the place's files, as any web server does. */
async function serve(scope: Scope, { directory }: Place): Promise<string> {
  await zipToy('', join(directory, 'toy.zip'));
  await zipToy('toy-main/', join(directory, 'toynest.zip'));
  const server = createServer((request, response) => {
    readFile(join(directory, new URL(request.url ?? '/', 'http://server').pathname)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function zipToy(prefix: string, path: string): Promise<void> {
  const zip = new ZipFile();
  const toy = join(fixtures, 'buildpacks', 'toy', 'bin');
  for (const name of await readdir(toy)) zip.addFile(join(toy, name), `${prefix}bin/${name}`, { mode: 0o100755 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}
