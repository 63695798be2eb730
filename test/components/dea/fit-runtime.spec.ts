import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaAdvertise, deaDiscover } from '#contract/dea.ts';
import { type RuntimeInfo, runtimesQuestion } from '#contract/runtimes.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import {
  type Droplet,
  dropletOf,
  exitOf,
  linesOf,
  listenTo,
  openDea,
  requestFor,
  start,
  startRunning,
  type TestDea,
} from './support.ts';

const system = ['/usr/bin', '/bin'];
const sleeper = '%VCAP_LOCAL_RUNTIME% app.rb';

/** A ruby that tells which one it is and which ruby its PATH finds, and stays. */
async function placeRuby(path: string, version: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const script = [
    '#!/bin/sh',
    `[ "$1" = --version ] || [ "$1" = -v ] && { echo "ruby ${version}p0 (2023)"; exit; }`,
    `echo "runs ruby ${version}, PATH has $(command -v ruby)"`,
    'exec sleep 60',
  ];
  await writeFile(path, `${script.join('\n')}\n`);
  await chmod(path, 0o755);
}

interface Machine {
  readonly dea: TestDea;
  readonly home: string;
  readonly droplet: Droplet;
}

/** A DEA that finds these versions of ruby in an rbenv, and one in its PATH. */
async function machineWith(
  scope: Scope,
  {
    inPath,
    managed = [],
    strict = false,
    configured,
  }: { inPath?: string; managed?: readonly string[]; strict?: boolean; configured?: string },
): Promise<Machine> {
  const home = await scratchDirectory(scope);
  for (const version of managed) await placeRuby(join(home, `.rbenv/versions/${version}/bin/ruby`), version);
  const bin = join(home, 'bin');
  await mkdir(bin);
  if (inPath !== undefined) await placeRuby(join(bin, 'ruby'), inPath);
  // Without those directories of the machine that may have a ruby of their own.
  const tools = await scratchDirectory(scope);
  for (const name of ['sh', 'bash', 'sleep', 'env', 'cat']) await placeLink(tools, name);
  const dea = await openDea(scope, {
    path: `${bin}:${tools}`,
    programDirectories: [],
    runtimeDirectories: configured === undefined ? [] : [configured],
    userHome: home,
    managerVariables: {},
    strictRuntimes: strict,
  });
  return { dea, home, droplet: await dropletOf(scope, sleeper, { 'app/app.rb': '' }) };
}

async function placeLink(directory: string, name: string): Promise<void> {
  const script = `#!/bin/sh\nexec ${system[1]}/${name} "$@"\n`;
  await writeFile(join(directory, name), script, { mode: 0o755 });
}

function ruby(constraint?: string): RuntimeInfo {
  return {
    name: 'ruby',
    executable: 'ruby',
    version_flag: '-v',
    version_output: '.',
    ...(constraint ? { constraint } : {}),
  };
}

async function runs({ dea, droplet }: Machine, info: RuntimeInfo): Promise<string> {
  const request = requestFor(droplet, { runtime_info: info, uris: [] });
  await startRunning(dea, request);
  const line = () => linesOf(dea, request.droplet).find((each) => each.startsWith('runs ruby'));
  return waitFor('the first line of the app', line, { limitMs: 15_000 });
}

/** @param limitMs enough for an answer that has to come; where none is to come, how long it is waited for */
async function isOffered({ dea: { bus } }: Machine, info: RuntimeInfo, limitMs = 15_000): Promise<boolean> {
  const request = { droplet: 'app', runtime_info: info, limits: { mem: 64 } };
  return (await bus.askMany(deaDiscover, request, { limitMs, expected: 1 })).length > 0;
}

describe('a dea and the versions apps ask for', (it) => {
  it('runs an app with the one of its PATH, where that fits', async (scope) => {
    const machine = await machineWith(scope, { inPath: '3.1.2', managed: ['3.2.2'] });
    const expected = `runs ruby 3.1.2, PATH has ${machine.home}/bin/ruby`;

    assert.is(await runs(machine, ruby()), expected);
    assert.is(await runs(machine, ruby('>= 3.0 (Gemfile)')), expected);
  });

  it('else with another one, which also comes first in the PATH of the app', async (scope) => {
    const machine = await machineWith(scope, { inPath: '3.1.2', managed: ['3.2.2', '3.3.0', '2.7.8'] });

    assert.ok(await isOffered(machine, ruby('~> 3.2 (Gemfile)')));
    assert.is(
      await runs(machine, ruby('~> 3.2 (Gemfile)')),
      `runs ruby 3.3.0, PATH has ${machine.home}/.rbenv/versions/3.3.0/bin/ruby`,
    );
    assert.ok((await runs(machine, ruby('2.7'))).startsWith('runs ruby 2.7.8'));
  });

  it('takes what it is configured with before all others, also in the PATH of the app', async (scope) => {
    const configured = await scratchDirectory(scope);
    await placeRuby(join(configured, 'ruby'), '3.0.0');
    const machine = await machineWith(scope, { inPath: '3.1.2', managed: ['3.2.2'], configured });

    assert.is(await runs(machine, ruby()), `runs ruby 3.0.0, PATH has ${configured}/ruby`);
    assert.is(await runs(machine, ruby('~> 3.0 (Gemfile)')), `runs ruby 3.0.0, PATH has ${configured}/ruby`);
  });

  it('does not offer itself for others, and says what it has', async (scope) => {
    const machine = await machineWith(scope, { inPath: '3.1.2', managed: ['3.2.2'] });
    const { dea, droplet, home } = machine;
    const wish = ruby('>= 99 (Gemfile)');

    assert.not(await isOffered(machine, wish, 1_500));
    const request = requestFor(droplet, { runtime_info: wish, uris: [] });
    start(dea, request);

    const words = `The app needs ruby >= 99 (Gemfile); this machine has ruby 3.1.2 (${home}/bin/ruby), 3.2.2 (rbenv). Install a ruby that fits, or change the constraint. Then start the app again.`;
    const exit = await exitOf(dea, request.droplet);
    assert.is(exit.exit_description, `could not be started: ${words}`);
    assert.ok(dea.logged.some(({ event, fields }) => event === 'runtime does not fit' && fields['app'] === 'app'));
  });

  it('refuses a wish nobody understands', async (scope) => {
    const machine = await machineWith(scope, { inPath: '3.1.2' });
    const request = requestFor(machine.droplet, { runtime_info: ruby('the newest'), uris: [] });

    start(machine.dea, request);

    const exit = await exitOf(machine.dea, request.droplet);
    assert.match(exit.exit_description ?? '', 'asks for ruby the newest, which names no version: write it like');
  });

  it('finds what only a manager has, and advertises it from then on', async (scope) => {
    const machine = await machineWith(scope, { managed: ['3.2.2'] });
    const adverts = listenTo(scope, machine.dea.bus, deaAdvertise);

    assert.ok(await isOffered(machine, ruby()));
    assert.is(
      await runs(machine, { name: 'ruby19' }),
      `runs ruby 3.2.2, PATH has ${machine.home}/.rbenv/versions/3.2.2/bin/ruby`,
    );
    assert.ok(await adverts.first(({ runtimes }) => runtimes?.includes('ruby') === true));
  });

  it('keeps to what is named when it is strict', async (scope) => {
    const machine = await machineWith(scope, { inPath: '3.1.2', managed: ['3.2.2'], strict: true });

    assert.ok(await isOffered(machine, ruby('>= 3')));
    assert.not(await isOffered(machine, ruby('3.2.2'), 1_500));
    assert.not(await isOffered(machine, { ...ruby(), version_output: 'ruby 1.9' }, 1_500));
  });

  it('tells what it has', async (scope) => {
    const { dea } = await machineWith(scope, { inPath: '3.1.2', managed: ['3.2.2'] });

    const answer = await dea.bus.ask(runtimesQuestion, { family: 'ruby' }, { limitMs: 15_000 });

    assert.is(answer.dea, dea.id);
    assert.equal(
      answer.runtimes.map(({ name, version, origin, is_default }) => [name, version, origin, is_default]),
      [
        ['ruby31', '3.1.2', 'PATH', true],
        ['ruby32', '3.2.2', 'rbenv', false],
      ],
    );
  });
});
