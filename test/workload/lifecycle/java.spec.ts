import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { findTomcat } from '#workload/lifecycle/machine.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { type AppSource, stage, writeApp } from './apps.ts';
import { zipOf } from './zips.ts';

const web = { 'WEB-INF/web.xml': '<web-app/>' };
const tomcat: AppSource = {
  'bin/catalina.sh': '',
  'lib/catalina.jar': 'jar',
  'conf/catalina.properties': '',
  'conf/context.xml': '',
  'conf/logging.properties': '',
  'conf/web.xml': '',
  'conf/server.xml': '<the machine/>',
  'conf/tomcat-users.xml': 'secret',
};

async function machineWith(scope: Scope, files: AppSource): Promise<string> {
  const directory = await scratchDirectory(scope);
  await writeApp(directory, files);
  return directory;
}

async function refusalOf(work: Promise<unknown>): Promise<ActionableError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.instance(failure, ActionableError);
  assert.is((failure as ActionableError).code, 'STAGING_FAILED');
  return failure as ActionableError;
}

describe('a web app in Java', (it) => {
  it('gets a Tomcat without the users and the server.xml of the machine', async (scope) => {
    const CATALINA_HOME = await machineWith(scope, tomcat);

    const { droplet, framework } = await stage(scope, web, { env: { CATALINA_HOME } });

    assert.is(framework, 'java_web');
    assert.is(readFileSync(join(droplet, 'tomcat/lib/catalina.jar'), 'utf8'), 'jar');
    assert.not(existsSync(join(droplet, 'tomcat/conf/tomcat-users.xml')));
    assert.match(readFileSync(join(droplet, 'tomcat/conf/server.xml'), 'utf8'), `port="\${vcap.app.port}"`);
    assert.not(existsSync(join(droplet, 'app')));
  });

  it('may be a .war, of which nothing is left beside the droplet', async (scope) => {
    const CATALINA_HOME = await machineWith(scope, tomcat);
    const directory = await scratchDirectory(scope);
    const sourceDir = join(directory, 'source');
    const files = { ...web, 'WEB-INF/lib/grails-web-2.0.jar': '', 'index.html': 'hi' };
    await zipOf(files, join(sourceDir, 'shop.war'));

    const { droplet, framework } = await stage(scope, {}, { sourceDir, env: { CATALINA_HOME } });

    assert.is(framework, 'grails');
    assert.equal(readdirSync(join(droplet, 'tomcat/webapps/ROOT')).sort(), ['WEB-INF', 'index.html']);
    assert.equal(readdirSync(join(droplet, '..')).sort(), ['droplet', 'source']);
    assert.equal(readdirSync(sourceDir), ['shop.war']);
  });

  it('is refused when its .war is damaged, has no web.xml, or Lift has no filter', async (scope) => {
    const env = { CATALINA_HOME: await machineWith(scope, tomcat) };
    const damaged = await refusalOf(stage(scope, { 'a.war': 'no zip' }, { env }));
    const empty = await refusalOf(stage(scope, { 'index.html': '' }, { env, framework: 'spring' }));
    const lift = await refusalOf(stage(scope, web, { env, framework: 'lift' }));

    assert.match(damaged.message, 'a.war cannot be unpacked');
    assert.match(empty.message, 'Web application staging failed: web.xml not found.');
    assert.match(lift.message, 'WEB-INF/web.xml has no LiftFilter');
  });

  it('is refused where there is no Tomcat, with the next step', async (scope) => {
    const CATALINA_HOME = await machineWith(scope, { 'bin/catalina.sh': '' });
    const directory = await scratchDirectory(scope);
    const destDir = join(directory, 'droplet');

    const refusal = await refusalOf(stage(scope, web, { env: { CATALINA_HOME }, destDir }));

    assert.match(refusal.message, `CATALINA_HOME names '${CATALINA_HOME}', where there is no complete Tomcat`);
    assert.match(refusal.remedy, 'name its directory in CATALINA_HOME and start the stager again');
    assert.not(existsSync(destDir));
    if (findTomcat({}) === undefined) {
      const none = await refusalOf(stage(scope, web, { env: {} }));
      assert.match(none.message, 'runs in a Tomcat, and there is none on this machine');
    }
  });

  it('finds a Tomcat whose configuration lies in its base', async (scope) => {
    const { 'conf/web.xml': _, ...bare } = tomcat;
    const CATALINA_HOME = await machineWith(scope, bare);
    const CATALINA_BASE = await machineWith(scope, { 'conf/web.xml': '' });

    assert.is(findTomcat({ CATALINA_HOME }), undefined);
    assert.equal(findTomcat({ CATALINA_HOME, CATALINA_BASE }), {
      home: CATALINA_HOME,
      conf: join(CATALINA_BASE, 'conf'),
    });
  });
});

describe('a Play app', (it) => {
  const start = 'exec java play.core.server.NettyServer\n';

  it('keeps its main class where there is no auto-reconfiguration', async (scope) => {
    const { droplet } = await stage(scope, { 'lib/play.play.jar': '', start }, { env: {} });

    assert.is(readFileSync(join(droplet, 'app/start'), 'utf8'), start);
  });

  it('is refused without its start', async (scope) => {
    const refusal = await refusalOf(stage(scope, { 'lib/play.play.jar': '' }, { env: {} }));

    assert.match(refusal.message, 'A Play app is started by its file `start`');
    assert.match(refusal.remedy, 'play dist');
  });
});
