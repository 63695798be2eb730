import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { AppFiles } from '#workload/lifecycle/app-files.ts';
import { detectFramework } from '#workload/lifecycle/detect.ts';
import { readStackFiles } from '#workload/lifecycle/stack-files.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { type AppSource, stage, writeApp } from './apps.ts';

const sinatra = "require 'rubygems'\nrequire 'sinatra'\n";

/** Files → framework. */
const found: Record<string, { source: AppSource; framework: string | undefined }> = {
  'a classic Sinatra app': { source: { 'app.rb': sinatra }, framework: 'sinatra' },
  'Sinatra in another style': { source: { 'x.rb': 'require("sinatra/base")' }, framework: 'sinatra' },
  'Ruby without Sinatra': { source: { 'app.rb': "require 'sinatras'" }, framework: undefined },
  'Sinatra further down only': { source: { 'lib/app.rb': sinatra }, framework: undefined },
  'a Rails app': {
    source: { 'config.ru': '', 'config/application.rb': '', 'config/environment.rb': '', 'x.rb': sinatra },
    framework: 'rails3',
  },
  'a Rails app before 3': { source: { 'config.ru': '', 'config/environment.rb': '' }, framework: undefined },
  'a web app in Java': { source: { 'WEB-INF/web.xml': '' }, framework: 'java_web' },
  'a web app in Java with a page in PHP': { source: { 'WEB-INF/web.xml': '', 'x.php': '' }, framework: 'java_web' },
  'a Spring app': { source: { 'WEB-INF/web.xml': '', 'WEB-INF/lib/spring-core-3.1.jar': '' }, framework: 'spring' },
  'a Spring app of bundles': {
    source: { 'WEB-INF/web.xml': '', 'WEB-INF/lib/org.springframework.core-3.jar': '' },
    framework: 'spring',
  },
  'a Spring app with its classes': {
    source: { 'WEB-INF/web.xml': '', 'WEB-INF/classes/org/springframework/': '' },
    framework: 'spring',
  },
  'a Grails app': {
    source: { 'WEB-INF/web.xml': '', 'WEB-INF/lib/spring-core-3.jar': '', 'WEB-INF/lib/grails-web-2.jar': '' },
    framework: 'grails',
  },
  'a Lift app': { source: { 'WEB-INF/web.xml': '', 'WEB-INF/lib/lift-webkit_2.9.jar': '' }, framework: 'lift' },
  'jars without web.xml': { source: { 'WEB-INF/lib/lift-webkit_2.9.jar': '' }, framework: undefined },
  'a Play app': { source: { 'lib/play.play_2.9.1-2.0.jar': '', start: '' }, framework: 'play' },
  'a Play app in its directory': {
    source: { 'x-1.0/lib/play.play_2.9.jar': '', 'x-1.0/start': '' },
    framework: 'play',
  },
  'a release of Erlang': { source: { 'releases/1/x.rel': '{release}', 'bin/x': '' }, framework: 'otp_rebar' },
  'a Rack app': { source: { 'config.ru': 'run App' }, framework: 'rack' },
  'Sinatra with config.ru': { source: { 'config.ru': '', 'app.rb': sinatra }, framework: 'rack' },
  'a PHP app': { source: { 'index.php': '<?php' }, framework: 'php' },
  'PHP with scripts of a page': { source: { 'index.php': '', 'app.js': '' }, framework: 'php' },
  'a WSGI app': { source: { 'wsgi.py': '' }, framework: 'wsgi' },
  'a WSGI app with tools for a page': { source: { 'wsgi.py': '', 'package.json': '{}' }, framework: 'wsgi' },
  'a Django project': { source: { 'manage.py': '', 'site/settings.py': '', 'wsgi.py': '' }, framework: 'django' },
  'an old Django project': { source: { 'manage.py': '', 'settings.py': '' }, framework: 'django' },
  'Python without WSGI': { source: { 'tool.py': 'print(1)' }, framework: undefined },
  'a Node app': { source: { 'app.js': ';' }, framework: 'node' },
  'a Node app with package.json': { source: { 'package.json': '{}', 'lib/x.js': '' }, framework: 'node' },
  'a Node app with a Python tool': { source: { 'index.js': ';', 'build.py': 'x' }, framework: 'node' },
  'a page with a script': { source: { 'index.html': '', 'page.js': ';' }, framework: undefined },
  'hidden files only': { source: { '.app.js': ';', '.config.ru': '' }, framework: undefined },
};

const samples = join(dirname(fileURLToPath(import.meta.url)), '../../../sample-apps');
const stacks = join(samples, '../stacks');
const sampleFrameworks: Record<string, string> = {
  'hello-node': 'node',
  'hello-sinatra': 'sinatra',
  'hello-python': 'wsgi',
  'hello-php': 'php',
  crashy: 'node',
  'slow-start': 'node',
  'websocket-chat': 'node',
};

async function refusalOf(
  scope: Scope,
  source: AppSource,
  options: Parameters<typeof stage>[2],
): Promise<ActionableError> {
  let failure: unknown;
  await stage(scope, source, options).catch((error: unknown) => {
    failure = error;
  });
  assert.instance(failure, ActionableError);
  return failure as ActionableError;
}

describe('detection', (it) => {
  for (const [what, { source, framework }] of Object.entries(found)) {
    it(`takes ${what} for ${framework ?? 'none of the frameworks'}`, async (scope) => {
      const root = join(await scratchDirectory(scope), 'app');
      await writeApp(root, source);
      const { frameworks } = await readStackFiles(stacks);

      assert.is(detectFramework(new AppFiles(root), frameworks)?.name, framework);
    });
  }

  for (const [name, framework] of Object.entries(sampleFrameworks)) {
    it(`takes the sample app ${name} for ${framework}`, async () => {
      const { frameworks } = await readStackFiles(stacks);

      assert.is(detectFramework(new AppFiles(join(samples, name)), frameworks)?.name, framework);
    });
  }

  it('names family and framework it found', async (scope) => {
    const staged = await stage(scope, { 'wsgi.py': '' }, { properties: { runtime_info: { name: 'auto' } } });

    assert.equal([staged.framework, staged.runtime], ['wsgi', 'python']);
  });

  it('keeps the runtime that was chosen', async (scope) => {
    const staged = await stage(scope, { 'app.rb': sinatra }, { properties: { runtime_info: { name: 'ruby19' } } });

    assert.equal([staged.framework, staged.runtime], ['sinatra', 'ruby19']);
  });

  it('says what it looked for when it finds nothing', async (scope) => {
    const refusal = await refusalOf(scope, { 'index.html': 'hi' }, {});

    assert.is(refusal.code, 'STAGING_FAILED');
    assert.match(refusal.message, 'None of the frameworks knows this app');
    for (const name of ['config.ru (rack)', 'wsgi.py (wsgi)', 'a PHP file (php)', 'application.js (node)']) {
      assert.match(refusal.message, name);
    }
    assert.match(refusal.remedy, '--command');
  });

  it('sees that everything lies one directory too deep, or that there is nothing', async (scope) => {
    const deep = await refusalOf(scope, { 'my-app/app.js': ';' }, {});
    const empty = await refusalOf(scope, {}, {});

    assert.match(deep.remedy, "Everything lies in 'my-app': push that directory instead.");
    assert.match(empty.remedy, 'The app has no files');
  });

  it('refuses frameworks it does not know, and a request without one', async (scope) => {
    const cobol = await refusalOf(scope, { 'config.ru': '' }, { framework: 'cobol' });
    const inherited = await refusalOf(scope, { 'config.ru': '' }, { framework: 'toString' });
    const none = await refusalOf(scope, { 'config.ru': '' }, { framework: undefined });

    assert.match(cobol.message, "There is no framework 'cobol'.");
    const all =
      'rails3, rack, grails, lift, spring, java_web, sinatra, php, otp_rebar, django, wsgi, node, play, standalone';
    assert.match(cobol.remedy, `${all}, and \`auto\``);
    assert.match(inherited.message, "There is no framework 'toString'.");
    assert.match(none.message, 'The request names no framework.');
  });

  it('takes the rules of the request, one to a map or several', async (scope) => {
    const source = { 'a.rb': sinatra, 'web.rb': "require 'sinatra'" };
    const startWith = async (detection: Record<string, string | boolean>[]) => {
      const framework_info = { name: 'sinatra', detection };
      return (await stage(scope, source, { framework: 'sinatra', properties: { framework_info } })).startCommand;
    };

    assert.is(await startWith([{ '*.rb': "\\Arequire 'sinatra'\\z", 'config/environment.rb': false }]), 'ruby web.rb');
    assert.is(await startWith([{ 'config/environment.rb': false }, { 'w*.rb': '^require' }]), 'ruby web.rb');
    assert.is(await startWith([{ '*.rb': '\\s*require' }]), 'ruby a.rb');
  });

  it('refuses rules that are none, naming the place', async (scope) => {
    const refusalFor = (detection: unknown) =>
      refusalOf(scope, { 'a.rb': sinatra }, { framework: 'sinatra', properties: { framework_info: { detection } } });

    assert.match((await refusalFor('*.rb')).message, 'framework_info.detection: ');
    assert.match((await refusalFor([{ '*.rb': 7 }])).message, 'framework_info.detection.0.*.rb: must be a text');
    assert.is((await refusalFor([['*.rb', null]])).code, 'BAD_INPUT');
  });

  it('refuses patterns that are none, or that never end', async (scope) => {
    const source = { 'a.rb': `${'a'.repeat(50)}!` };
    const refusalFor = (pattern: string) => {
      const framework_info = { name: 'sinatra', detection: [{ '*.rb': pattern }] };
      return refusalOf(scope, source, { framework: 'sinatra', properties: { framework_info } });
    };

    const none = await refusalFor('(unclosed');
    const endless = await refusalFor('^(a|a)*$');

    assert.match(none.message, "The detection pattern '(unclosed' is no regular expression.");
    assert.match(endless.message, 'takes longer than 1000 ms on a file');
  });

  it('leaves no droplet behind when it refuses', async (scope) => {
    const directory = await scratchDirectory(scope);
    const destDir = join(directory, 'droplet');

    await refusalOf(scope, { 'x.rb': '' }, { framework: 'sinatra', destDir });

    assert.not(existsSync(destDir));
    assert.equal(readdirSync(directory), []);
  });
});
