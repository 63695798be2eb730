import { lstat, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaStop, type StartRequest } from '#contract/dea.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { layerFile, layerOf, type RawMember, rawTar, treeOf } from '../layer/support.ts';
import {
  appPidOf,
  type Droplet,
  directoryOf,
  dropletOf,
  linesOf,
  openDea,
  start,
  startRunning,
  type TestDea,
} from '../support.ts';
import {
  answering,
  nodeCommand,
  startAnother,
  textAt,
  untilStandby,
  watchedDroplet,
  watchedRequest,
} from './support.ts';

/** Answers with all that a program can find out about how it began. */
const curious = `
const fs = require('fs');
const { execFileSync } = require('child_process');
const { Worker } = require('worker_threads');
console.log('Here I am.');
console.error('And here.');
const options = 'JSON.stringify([process.env.NODE_OPTIONS, process.execArgv, Object.keys(require.cache)])';
const begun = Date.now();
const seen = {
  argv: process.argv,
  execArgv: process.execArgv,
  env: { ...process.env },
  cwd: process.cwd(),
  loaded: Object.keys(require.cache),
  found: Object.keys(require('module')._pathCache),
  preloaded: process._preload_modules,
  main: require.main === module && process.mainModule === module,
  paths: module.paths,
  parent: String(module.parent),
  children: module.children.length,
  descriptors: fs.readdirSync('/proc/self/fd').map((fd) => {
    try { return fs.readlinkSync('/proc/self/fd/' + fd).replace(/:\\[\\d+\\]/, ''); } catch { return 'closed'; }
  }).sort(),
  files: fs.readdirSync('..').sort(),
  limits: execFileSync('bash', ['-c', 'ulimit -n; cat /proc/self/oom_score_adj'], { encoding: 'utf8' }),
  child: execFileSync(process.execPath, ['-p', options], { encoding: 'utf8' }),
};
setTimeout(() => {
  seen.waited = Date.now() - begun >= 50;
  new Worker('require("worker_threads").parentPort.postMessage(' + options + ')', { eval: true }).on('message', (worker) => {
    seen.worker = worker;
    require('http').createServer((_, response) => response.end(JSON.stringify(seen))).listen(process.env.PORT);
  });
}, 50);
`;

interface Seen {
  readonly instance: string;
  readonly port: number;
  readonly directory: string;
  readonly dea: TestDea;
}

/** What an instance sees, without what is another in each. */
async function seenBy({ instance, port, directory, dea }: Seen): Promise<unknown> {
  const text = (await textAt(port))
    .replaceAll(directory, '<directory>')
    .replaceAll(dea.dataDir, '<home>')
    .replaceAll(instance, '<instance>')
    .replaceAll(String(port), '<port>')
    .replaceAll(/\\"(state_timestamp|start|private_instance_id)\\":(\\".*?\\"|\d+)/g, '');
  return JSON.parse(text);
}

/** The same start, by a DEA that has something prepared for it, and by one that has not. */
async function bothWays(scope: Scope, droplet: Droplet, changes: Partial<StartRequest> = {}) {
  const request = await watchedRequest(scope, droplet, 0, { version: 'v1', ...changes });
  const plain = await openDea(scope);
  const usual = await startRunning(plain, request);
  const prepared = await openDea(scope);
  await startRunning(prepared, { ...request, version: 'v0', layer: null });
  const ready = await untilStandby(prepared);
  const ahead = await startAnother(prepared, request);
  assert.is(ahead.instance, ready.instance);
  return {
    ready,
    usual: { ...usual, dea: plain, directory: await directoryOf(plain.dataDir, usual.instance) },
    ahead: { ...ahead, dea: prepared, directory: await directoryOf(prepared.dataDir, ahead.instance) },
  };
}

describe('an app that was started ahead', (it) => {
  it('sees the world as any other', async (scope) => {
    const droplet = await dropletOf(scope, nodeCommand, { 'app/app.js': curious });

    for (const env of [[], ['NODE_OPTIONS=--no-warnings', 'GREETING=Hej "du"', 'ÜML=äöü']]) {
      const { ready, usual, ahead } = await bothWays(scope, droplet, { env });

      assert.ok(ready.waits);
      const seen = await seenBy(ahead);
      assert.equal(seen, await seenBy(usual));
      assert.match(JSON.stringify(seen), '\\"version\\":\\"v1\\"');
      assert.match(JSON.stringify(seen), '"waited":true');
    }
  });

  it('has the files of any other, and its lines in the log', async (scope) => {
    const droplet = await dropletOf(scope, nodeCommand, { 'app/app.js': answering('v0'), 'app/data/file': 'x' });
    const noisy = `console.log('one'); console.error('two'); ${answering('v1')}`;
    const layer = await layerOf(scope, { 'app/app.js': noisy, 'app/data/file': undefined, 'app/more/file': 'y' });

    const { ready, usual, ahead } = await bothWays(scope, droplet, { layer });

    assert.ok(ready.waits);
    const texts = ({ dea, app }: typeof usual) => linesOf(dea, app);
    await usual.dea.logs.first(({ lines }) => lines.some(({ text }) => text === 'two'));
    await ahead.dea.logs.first(({ lines }) => lines.some(({ text }) => text === 'two'));
    // Of the two versions that this DEA started.
    const first = texts(ahead).filter((text) => text.startsWith('Starting') || text.startsWith('Instance'));
    assert.equal(first, [...first.slice(0, 2), 'Starting instance 0.', 'Instance became healthy.']);
    assert.equal(texts(ahead).slice(2).sort(), texts(usual).sort());
    const { 'run.pid': pid, startup, ...others } = treeOf(ahead.directory);
    const { 'run.pid': usualPid, startup: usualStartup, ...usualOthers } = treeOf(usual.directory);
    const withoutLogs = (tree: Record<string, string>) =>
      Object.entries(tree).filter(([path]) => !/^logs\//.test(path));
    assert.equal(withoutLogs(others), withoutLogs(usualOthers));
    assert.equal(Object.keys(others).sort(), Object.keys(usualOthers).sort());
    const withoutTime = (line = '') => line.replace(/^(file \d+) \S+/, '$1');
    assert.is(withoutTime(startup), withoutTime(usualStartup));
    assert.ok(pid !== usualPid);
  });

  it('ends as any other: by itself, with a status, by a signal, and when it is asked to', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    const first = await startRunning(dea, await watchedRequest(scope, droplet, 0));
    const ends = {
      'exited with status 7': `${answering('')} setTimeout(() => process.exit(7), 300);`,
      'was ended by the signal SIGABRT \\(status 134\\)': `${answering('')} setTimeout(() => process.abort(), 300);`,
      'exited with status 1 before it listened on port \\d+; its last lines: ': 'throw new Error("no")',
    };

    let made = 0;
    for (const [expected, text] of Object.entries(ends)) {
      const ready = await untilStandby(dea, made);
      made += 1;
      start(dea, await watchedRequest(scope, droplet, made, { layer: await layerOf(scope, { 'app/app.js': text }) }));
      const { exit_description: why } = await dea.exits.first(({ instance }) => instance === ready.instance);
      assert.match(why ?? '', new RegExp(`^${expected}`));
    }

    await untilStandby(dea, made);
    const layer = await layerOf(scope, {
      'app/app.js': `${answering('')} process.on('SIGTERM', () => { console.log('Good bye.'); process.exit(0); });`,
    });
    const { instance } = await startAnother(dea, await watchedRequest(scope, droplet, 9, { layer }));
    dea.bus.publish(deaStop, { droplet: 'watched', instances: [instance] });
    assert.is((await dea.exits.first((exit) => exit.instance === instance)).reason, 'STOPPED');
    assert.ok(linesOf(dea, 'watched').includes('Good bye.'));
    assert.is(await textAt(first.port), 'v0');
  });

  it('is what an app is that is a module, too', async (scope) => {
    const text = (n: number) =>
      `import { createServer } from 'node:http'; import { n } from './n.mjs';
       createServer((_, response) => response.end('v' + n + ${n})).listen(process.env.PORT);`;
    const command = nodeCommand.replace('app.js', 'app.mjs');
    const droplet = await dropletOf(scope, command, { 'app/app.mjs': text(0), 'app/n.mjs': 'export const n = 0' });
    const layer = await layerOf(scope, { 'app/app.mjs': text(1), 'app/n.mjs': 'export const n = 1' });

    const { ready, ahead } = await bothWays(scope, droplet, { layer });

    assert.ok(ready.waits);
    assert.is(await textAt(ahead.port), 'v11');
  });
});

describe('an app whose process was started ahead in vain', (it) => {
  const link = { path: 'app/link', type: 'SymbolicLink', linkpath: 'app.js' } as const;
  const startup = (file: string) =>
    `#!/bin/bash\ncd app\n%VCAP_LOCAL_RUNTIME% ${file} > ../logs/stdout.log 2> ../logs/stderr.log &\necho $! >> ../run.pid\nwait $!\n`;
  const layers: Readonly<Record<string, readonly RawMember[]>> = {
    'another startup': [
      { path: 'startup', content: startup('other.js') },
      { path: 'app/other.js', content: answering('other') },
    ],
    'another package.json': [{ path: 'app/package.json', content: '{"type":"commonjs"}' }],
    'a package.json less': [{ path: 'app/.wh.package.json' }],
    'a program called node': [{ path: 'app/node_modules/.bin/node', content: '#!/bin/sh\n', mode: 0o755 }],
    'a link': [link],
    'a directory of the droplet': [{ path: 'logs/', type: 'Directory', mode: 0o750 }],
  };

  for (const [what, members] of Object.entries(layers)) {
    it(`is started as any other in the same directory: ${what}`, async (scope) => {
      const files = { 'app/app.js': answering('v0'), 'app/package.json': '{"type":"commonjs" }' };
      const droplet = await dropletOf(scope, nodeCommand, files);
      const layer = await layerFile(scope, rawTar(...members));

      const { ready, usual, ahead } = await bothWays(scope, droplet, { layer });

      assert.ok(ready.waits);
      assert.is(await textAt(ahead.port), await textAt(usual.port));
      const paths = (directory: string) => Object.keys(treeOf(directory)).sort();
      assert.equal(paths(ahead.directory), paths(usual.directory));
      const { mode } = await lstat(join(ahead.directory, 'logs'));
      assert.is(mode, (await lstat(join(usual.directory, 'logs'))).mode);
    });
  }

  it('has the environment that it should have now', async (scope) => {
    const dea = await openDea(scope);
    const text = `require('http').createServer((_, response) => response.end(process.env.GREETING)).listen(process.env.PORT);`;
    const droplet = await dropletOf(scope, nodeCommand, { 'app/app.js': text });
    await startRunning(dea, await watchedRequest(scope, droplet, 0, { env: ['GREETING=Hej'] }));
    const ready = await untilStandby(dea);
    const waiting = await appPidOf(dea, ready);

    const layer = null;
    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1, { env: ['GREETING=Hello'], layer }));

    assert.is(second.instance, ready.instance);
    assert.is.not(await appPidOf(dea, second), waiting);
    assert.is(await textAt(second.port), 'Hello');
  });
});

describe('an app that is not started ahead', (it) => {
  const commands: Readonly<Record<string, string>> = {
    'begun by a shell': `bash -c 'node app.js'`,
    'begun by another node': 'node --require ./first.js app.js',
    'one with a debugger': `node --inspect=0 app.js`,
  };
  const first = `if (!process.env.SECOND) {
    const { status } = require('child_process').spawnSync(process.execPath, ['app.js'], { stdio: 'inherit', env: { ...process.env, SECOND: '1' } });
    process.exit(status);
  }`;

  for (const [what, command] of Object.entries(commands)) {
    it(`has a directory prepared, and starts in it: ${what}`, async (scope) => {
      const dea = await openDea(scope);
      const droplet = await dropletOf(scope, command, { 'app/app.js': answering('v0'), 'app/first.js': first });
      await startRunning(dea, await watchedRequest(scope, droplet, 0));
      const ready = await untilStandby(dea);

      const second = await startAnother(dea, await watchedRequest(scope, droplet, 1));

      assert.is(second.instance, ready.instance);
      assert.is(await textAt(second.port), 'v1');
      assert.equal(dea.exits.messages, []);
    });
  }

  it('has a node that takes no options, on which it would not wait', async (scope) => {
    const directory = await scratchDirectory(scope);
    const [node, runs] = [join(directory, 'node'), join(directory, 'runs')];
    await writeFile(node, `#!/bin/sh\nunset NODE_OPTIONS\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    const dea = await openDea(scope, { path: `${directory}:${process.env['PATH']}` });
    const text = `require('fs').appendFileSync(${JSON.stringify(runs)}, 'x'); ${answering('v0')}`;
    const droplet = await dropletOf(scope, nodeCommand, { 'app/app.js': text });
    const request = await watchedRequest(scope, droplet, 0, { runtime_info: { name: 'node', executable: node } });
    await startRunning(dea, request);

    assert.not((await untilStandby(dea)).waits);
    assert.is(await readFile(runs, 'utf8'), 'x');
  });

  it('has a sidecar', async (scope) => {
    const dea = await openDea(scope);
    const sidecars = [{ name: 'cache', command: 'exec sleep 60' }];
    const droplet = await watchedDroplet(scope);
    await startRunning(dea, await watchedRequest(scope, droplet, 0, { sidecars }));

    assert.not((await untilStandby(dea)).waits);
    const second = await startAnother(dea, await watchedRequest(scope, droplet, 1, { sidecars }));
    assert.is(await textAt(second.port), 'v1');
  });

  it('asks for a debugger', async (scope) => {
    const dea = await openDea(scope);
    await startRunning(dea, await watchedRequest(scope, await watchedDroplet(scope), 0, { debug: true }));

    assert.not((await untilStandby(dea)).waits);
  });
});
