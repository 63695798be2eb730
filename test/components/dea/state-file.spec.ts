import { access, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stateFileOf } from '#components/dea/state-file.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { dropletOf, exitOf, linesOf, openDea, requestFor, start, startRunning, stateIn } from './support.ts';

const facts = { 'droplet.yaml': '---\nstate_file: tomcat.state\n' };
const listens = "() => require('node:fs').writeFileSync('../listens', '')";
const server = `require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT, ${listens})`;
const listening = `%VCAP_LOCAL_RUNTIME% -e "${server}"`;

describe('state file of a droplet', (it) => {
  it('is what its droplet.yaml names', async (scope) => {
    const directory = await scratchDirectory(scope);
    const stateFileFor = async (text: string) => {
      await writeFile(join(directory, 'droplet.yaml'), text);
      return stateFileOf(directory);
    };

    assert.is(await stateFileOf(directory), undefined);
    assert.is(await stateFileFor('state_file: tomcat.state'), join(directory, 'tomcat.state'));
    for (const text of ['', '{}', 'state_file:', 'other: 1']) assert.is(await stateFileFor(text), undefined, text);
    for (const text of ['state_file: ../x', 'state_file: /etc/passwd', "state_file: ''", 'state_file: [1]', 'word']) {
      assert.match((await thrownBy(() => stateFileFor(text))).message, 'names no state file within it', text);
    }
    assert.match((await thrownBy(() => stateFileFor('{'))).message, 'not YAML');
  });
});

describe('an app with a state file', (it) => {
  it('is ready when that says so, though it answered long before', async (scope) => {
    const dea = await openDea(scope);
    const request = requestFor(await dropletOf(scope, listening, facts), { framework: 'spring' });
    start(dea, request);
    const [name = ''] = await waitFor('the app to listen', () => listeningApps(dea.dataDir), { limitMs: 15_000 });
    const state = join(dea.dataDir, 'instances', name, 'tomcat.state');

    for (const text of ['', '{"state":"STAR', '{"state":"STARTING"}', 'null']) await writeFile(state, text);
    assert.equal(dea.heartbeats.messages, []);
    await writeFile(state, '{"state":"RUNNING"}');

    await dea.heartbeats.first((message) => stateIn(message, request) === 'RUNNING');
    await dea.registered.first();
  });

  it('is ready when it answers and nothing writes that file, which is said', async (scope) => {
    const dea = await openDea(scope, { stateFileGraceMs: 200 });
    const request = requestFor(await dropletOf(scope, listening, facts));

    const { app } = await startRunning(dea, request);

    const remark = 'It answers, though tomcat.state, which should say so, was not written.';
    await dea.logs.first(() => linesOf(dea, app, 'CELL').includes(remark));
  });

  it('crashes when it is not ready in time', async (scope) => {
    const dea = await openDea(scope, { readyLimitMs: 100, stateFileLimitMs: 1_000 });
    const request = requestFor(await dropletOf(scope, 'sleep 60', facts));

    start(dea, request);

    const exit = await exitOf(dea, request.droplet);
    assert.is(exit.exit_description, 'did not say in tomcat.state within 1 s that it runs');
  });

  it('has all the time it needs in the debug mode suspend', async (scope) => {
    const dea = await openDea(scope, { readyLimitMs: 100, stateFileLimitMs: 100 });
    const droplet = await dropletOf(
      scope,
      `sleep 1.6; echo '{"state":"RUNNING"}' > ../tomcat.state; exec sleep 60`,
      facts,
    );

    await startRunning(dea, requestFor(droplet, { debug: 'suspend' }));

    assert.equal(dea.exits.messages, []);
  });
});

/** Names of the directories of apps that listen, once there are some. */
async function listeningApps(dataDir: string): Promise<string[] | undefined> {
  const names = await readdir(join(dataDir, 'instances'));
  const isListening = (name: string) =>
    access(join(dataDir, 'instances', name, 'listens')).then(
      () => true,
      () => false,
    );
  const listening = await Promise.all(names.map(isListening));
  return listening.some(Boolean) ? names.filter((_, index) => listening[index]) : undefined;
}
