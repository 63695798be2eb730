import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readDeaConfig } from '#components/dea/index.ts';
import { readRouterConfig } from '#components/router/index.ts';
import { readStagerConfig } from '#components/stager/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { runCli } from '../run-cli.ts';

describe('a Procfile', (it) => {
  it('names every part', async () => {
    const { output, exitCode } = await runCli(['procfile', '--bus-port', '4333']);

    assert.is(exitCode, 0);
    assert.equal(output.match(/^[a-z-]+(?=:)/gm), [
      'nats',
      'stager',
      'dea',
      'router',
      'health-manager',
      'cloud-controller',
      'log-cache',
    ]);
    assert.match(output, /^nats: exec localpaas nats --port 4333 /m);
    assert.is(output.match(/ --join nats:\/\/127\.0\.0\.1:4333 --wait 30$/gm)?.length, 3);
  });

  it('has a stand-in for the cloud controller when that is wished', async () => {
    const standIn = await runCli(['procfile', '--fake-cc']);
    const atPort = await runCli(['procfile', '--fake-cc', '--cc-port', '9393']);
    const alone = await runCli(['procfile', '--cc-port', '9393']);

    assert.equal(standIn.output.match(/^[a-z-]+(?=:)/gm), ['nats', 'stager', 'dea', 'router', 'fake-cc']);
    assert.match(standIn.output, /^fake-cc: exec localpaas fake-cc --port 9292 /m);
    assert.match(atPort.output, /^fake-cc: exec localpaas fake-cc --port 9393 /m);
    assert.is(alone.exitCode, 2);
    assert.match(alone.messages, 'Add `--fake-cc`, or leave it out.');
  });

  it('is written with configuration files that the parts understand', async (scope) => {
    const folder = join(await scratchDirectory(scope), "a teacher's parts");
    const { output } = await runCli(['procfile', '--write', folder, '--bus-port', '4333', '--port', '8181']);

    const [stager, dea, router] = await Promise.all([
      readStagerConfig(join(folder, 'stager.yml'), {}),
      readDeaConfig(join(folder, 'dea.yml'), {}),
      readRouterConfig(join(folder, 'router.yml'), {}),
    ]);
    assert.equal([stager?.natsUri, dea.mbus, router?.natsUri], Array(3).fill('nats://127.0.0.1:4333'));
    assert.equal(
      [stager?.pidFilename, dea.pid],
      ['stager.pid', 'dea.pid'].map((name) => join(folder, 'var', name)),
    );
    assert.is(router?.options.port, 8181);
    assert.equal(dea.remarks, []);
    assert.equal(output.trim().split('\n').length, 4);
    const procfile = await readFile(join(folder, 'Procfile'), 'utf8');
    assert.match(procfile, `-c '${folder.replace("'", "'\\''")}/stager.yml'`);
  });

  it('replaces nothing', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'router.yml'), 'mine');
    const again = await runCli(['procfile', '--write', folder, '--port', '8181']);
    const inFile = await runCli(['procfile', '--write', join(folder, 'router.yml')]);
    const nowhere = await runCli(['procfile', '--write', join(folder, 'router.yml', 'below')]);

    assert.equal([again.exitCode, inFile.exitCode, nowhere.exitCode], [1, 1, 4]);
    assert.match(again.messages, 'router.yml is there already');
    assert.match(again.messages, 'none is replaced');
    assert.match(inFile.messages, 'none is replaced');
    assert.match(nowhere.messages, 'Name a directory that can be written to.');
    assert.equal(await readdir(folder), ['router.yml']);
    assert.is(await readFile(join(folder, 'router.yml'), 'utf8'), 'mine');
  });
});
