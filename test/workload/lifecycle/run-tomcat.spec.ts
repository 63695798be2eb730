import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startChild } from '#ground/child.ts';
import { readIfThere } from '#ground/files.ts';
import { listen } from '#ground/ports.ts';
import { waitFor, within } from '#ground/wait.ts';
import { findTomcat } from '#workload/lifecycle/machine.ts';
import { generateServerXml, serverXml, setEnvironment, setenv } from '#workload/lifecycle/tomcat-files.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { stage, writeApp } from './apps.ts';
import { answerOf, isThere, start } from './running.ts';

const app = { 'WEB-INF/web.xml': '<web-app/>', 'index.html': 'hello from a web app' };
const hasTomcat = findTomcat(process.env) !== undefined;
if (!hasTomcat) process.stdout.write('(left out: this machine has no Tomcat; CATALINA_HOME names one)\n');

describe('a web app in Java', (it) => {
  it('tells Java the port and host, and the DEA when the port answers', async (scope) => {
    const directory = await scratchDirectory(scope);
    const server = createServer();
    const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The test' });
    scope.defer(() => void server.close());
    await writeApp(directory, { 'tomcat/bin/setenv.sh': setenv, 'tomcat.state': 'of the run before' });
    // As catalina.sh does it, which then becomes Java.
    const script = 'set -- run; . tomcat/bin/setenv.sh; echo "$CATALINA_OPTS"; exec sleep 20';
    const child = scope.use(
      await startChild({
        program: 'sh',
        args: ['-c', script],
        cwd: directory,
        env: { PATH: process.env['PATH'] ?? '', CATALINA_BASE: join(directory, 'tomcat'), VCAP_APP_PORT: String(port) },
        graceMs: 500,
      }),
    );

    const state = await waitFor('tomcat.state', () => readState(directory), { limitMs: 15_000 });

    assert.equal(JSON.parse(state), { state: 'RUNNING' });
    assert.ok(existsSync(join(directory, 'tomcat/logs')));
    assert.ok(child.pid > 0);
  });

  if (isThere('ruby', '--version')) {
    it('has its port written into the configuration, and proxies told to Java', async (scope) => {
      const cwd = await scratchDirectory(scope);
      await writeApp(cwd, { 'tomcat/conf/server.xml': serverXml, a: generateServerXml, b: setEnvironment });

      execFileSync('ruby', ['a', '4711'], { cwd });
      const proxies = { http_proxy: 'http://10.0.0.1:3128', https_proxy: '' };
      const options = execFileSync('ruby', ['b'], { cwd, env: { ...process.env, ...proxies }, encoding: 'utf8' });

      assert.match(readFileSync(join(cwd, 'tomcat/conf/server.xml'), 'utf8'), '<Connector port="4711" address=');
      assert.is(options.trim(), '-Dhttp.proxyHost=10.0.0.1 -Dhttp.proxyPort=3128');
    });
  }

  if (hasTomcat && isThere('java', '-version')) {
    it(
      'runs in the Tomcat of the machine, says so to the DEA, and ends with its stop',
      async (scope) => {
        const instance = await start(scope, await stage(scope, app), 'java');
        assert.is((await answerOf(instance)).trim(), 'hello from a web app');
        const state = await waitFor('tomcat.state', () => readState(instance.droplet), { limitMs: 15_000 });
        const pid = readFileSync(join(instance.droplet, 'run.pid'), 'utf8').trim();

        execFileSync('./stop', [pid], { cwd: instance.droplet });

        assert.equal(JSON.parse(state), { state: 'RUNNING' });
        await within(15_000, 'the end', instance.startup.exited);
      },
      { timeoutMs: 120_000 },
    );
  }
});

async function readState(droplet: string): Promise<string | undefined> {
  const text = await readIfThere(join(droplet, 'tomcat.state'));
  return text?.startsWith('{') ? text : undefined;
}
