/**
 * Has clients that are not ours talk to our parts, each as a process of its own. Nothing is fetched: what is not on this
 * machine is not run, and said. Ends with 0 when everything that could be run passed.
 *
 *     node --import tsx scripts/interop.ts
 *
 * The Ruby client of 2012 (gem `nats`, before 1.0) is found as an installed gem, or through RUBYLIB and GEM_PATH.
 * LOCALPAAS_ORIGINALS names a folder with original components: programs `stager`, `dea`, `health_manager` and `router`,
 * each taking `-c FILE`. Each that is there takes the place of ours, and an app is staged, run, crashed and stopped.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { messageOf } from '#ground/errors.ts';
import { startFakeCc, startOpenBus, startPart } from '../test/support/parts.ts';
import { foreignClients, type Surroundings } from './interop/foreign-clients.ts';
import { tryOriginals } from './interop/originals.ts';

process.exitCode = await main();

/** @returns the exit code */
async function main(): Promise<number> {
  await using undo = new AsyncDisposableStack();
  const surroundings = await openSurroundings(undo);
  let failures = 0;
  for (const client of foreignClients) {
    const absent = await client.whyNot();
    if (absent !== undefined) {
      console.log(`not run  ${client.name}: ${absent}`);
      continue;
    }
    try {
      console.log(`passed   ${client.name}: ${await client.run(surroundings)}`);
    } catch (error) {
      failures += 1;
      console.log(`FAILED   ${client.name}: ${messageOf(error)}`);
    }
  }
  failures += await tryOriginals();
  return failures === 0 ? 0 : 1;
}

/** A bus, a stager, a DEA and a stand-in for a cloud controller. */
async function openSurroundings(undo: AsyncDisposableStack): Promise<Surroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'localpaas-interop-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const [home, app] = [join(folder, 'home'), join(folder, 'app')];
  for (const directory of [home, app]) await mkdir(directory);
  await writeFile(join(app, 'app.rb'), "require 'sinatra'\nget('/') { 'hello' }\n");
  const bus = await startOpenBus(undo, home);
  const keys = ['runtimes: [ruby19]', 'max_memory: 1024', 'multi_tenant: true', `mbus: ${bus.uri}`];
  await writeFile(join(folder, 'dea.yml'), `${[`base_dir: ${folder}/dea`, ...keys].join('\n')}\n`);
  const stager = await startPart(undo, home, ['stager', '--join', bus.uri]);
  await startPart(undo, home, ['dea', '-c', join(folder, 'dea.yml')]);
  const cc = await startFakeCc(undo, home, ['--app', app, '--droplets', join(folder, 'droplets')]);
  await stager.says(/Server running/);
  return { busUri: bus.uri, ccUrl: cc.url };
}
