import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { StagingProperties } from '#contract/staging.ts';
import { describe } from '../../support/spec.ts';
import { type AppSource, layoutOf, stage } from './apps.ts';

const ruby19 = { name: 'ruby19', executable: 'ruby', version: '1.9.3' };
const python2 = { name: 'python2', executable: 'python', version: '2.6.5' };
const node = { name: 'node', executable: 'node', version: '0.4.12' };
const noAutoconfig = { 'cloudfoundry.json': '{"cfAutoconfig": false}' };
const gems = {
  Gemfile: '',
  'Gemfile.lock': '',
  'config/cloudfoundry.yml': 'autoconfig: false\n',
  'vendor/bundle/1.9.1/': '',
};

interface Case {
  readonly framework: string;
  readonly runtime: StagingProperties['runtime_info'];
  readonly source: AppSource;
  readonly command?: string;
  /** What our droplets hold besides, so that the old scripts run today. */
  readonly extra?: readonly string[];
}

const ubygems = ['./ruby', './ruby/ubygems.rb'];
const bundled = ['', '/ruby', '/ruby/1.9.1', '/ruby/1.9.1/bin', '/ruby/1.9.1/bin/bundle', '/ruby/1.9.1/bin/rackup'].map(
  (path) => `./app/rubygems${path}`,
);
const python = ['./.pip', './.pip/pip.conf', './python', './python/bin', './python/bin/gunicorn'];
const django = [...python, './python/bin/gunicorn_django'];

const cases: Record<string, Case> = {
  sinatra: { framework: 'sinatra', runtime: ruby19, source: { 'app.rb': "require 'sinatra'\n" }, extra: ubygems },
  sinatra_bundler: {
    framework: 'sinatra',
    runtime: ruby19,
    source: { 'app.rb': "require 'sinatra'\n", ...gems },
    extra: bundled,
  },
  rack: { framework: 'rack', runtime: ruby19, source: { 'config.ru': '' }, extra: ubygems },
  rack_bundler: { framework: 'rack', runtime: ruby19, source: { 'config.ru': '', ...gems }, extra: bundled },
  node: { framework: 'node', runtime: node, source: { 'server.js': ';', ...noAutoconfig } },
  node_pkg: {
    framework: 'node',
    runtime: node,
    source: { 'package.json': '{"scripts": {"start": "node x.js --flag"}}', 'x.js': ';', ...noAutoconfig },
  },
  php: { framework: 'php', runtime: { name: 'php' }, source: { 'index.php': '' }, extra: ['./apache/start.sh'] },
  wsgi: { framework: 'wsgi', runtime: python2, source: { 'wsgi.py': '' }, extra: python },
  wsgi_req: { framework: 'wsgi', runtime: python2, source: { 'wsgi.py': '', 'requirements.txt': '' }, extra: python },
  django: { framework: 'django', runtime: python2, source: { 'manage.py': '' }, extra: django },
  django_req: {
    framework: 'django',
    runtime: python2,
    source: { 'manage.py': '', 'requirements.txt': '' },
    extra: django,
  },
  standalone_java: {
    framework: 'standalone',
    runtime: { name: 'java' },
    source: { 'a.jar': '' },
    command: 'java $JAVA_OPTS -jar a.jar',
  },
  standalone_node: { framework: 'standalone', runtime: node, source: { 'a.js': '' }, command: 'node a.js' },
  standalone_python: { framework: 'standalone', runtime: python2, source: { 'a.py': '' }, command: 'python a.py' },
  standalone_ruby: {
    framework: 'standalone',
    runtime: ruby19,
    source: { 'a.rb': '' },
    command: 'ruby a.rb',
    extra: ubygems,
  },
  standalone_ruby_bundler: {
    framework: 'standalone',
    runtime: ruby19,
    source: { 'a.rb': '', ...gems },
    command: 'bundle exec ruby a.rb',
    extra: bundled,
  },
};

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
const recorded = (file: string) => readFileSync(join(fixtures, file), 'utf8');

function optionsOf({ framework, runtime, command }: Case) {
  return { framework, properties: { runtime_info: runtime, ...(command === undefined ? {} : { meta: { command } }) } };
}

/** What the plugins of 2012 brought along for Apache, which we do without. */
const apache = /^\S+ . \.\/apache\/./;
const pathOf = (line: string) => line.slice(line.indexOf('./') < 0 ? line.length - 1 : line.indexOf('./'));

describe('a droplet of a framework', (it) => {
  for (const [name, app] of Object.entries(cases)) {
    it(`has the startup and the stop that were recorded for ${name}`, async (scope) => {
      const { droplet } = await stage(scope, app.source, optionsOf(app));

      assert.is(readFileSync(join(droplet, 'startup'), 'utf8'), recorded(`${name}.startup.sh`));
      assert.is(readFileSync(join(droplet, 'stop'), 'utf8'), recorded(`${name}.stop.sh`));
    });

    it(`has the files and modes that were recorded for ${name}, and those it needs today`, async (scope) => {
      const { droplet } = await stage(scope, app.source, optionsOf(app));

      const layout = layoutOf(droplet);
      const original = recorded(`${name}.layout.txt`).trimEnd().split('\n');
      const wanted = original.filter((line) => !apache.test(line));
      assert.equal(
        wanted.filter((line) => !layout.includes(line)),
        [],
        'nothing is missing',
      );
      const extra = layout.filter((line) => !wanted.includes(line)).map(pathOf);
      assert.equal(extra, [...(app.extra ?? [])].sort(), 'nothing else is there');
    });
  }

  it('has the scripts of the article when that version is asked for', async (scope) => {
    const { sinatra } = cases;
    if (sinatra === undefined) throw new Error('no case');

    const { droplet } = await stage(scope, sinatra.source, { ...optionsOf(sinatra), scripts: '8f2fa00' });

    assert.is(readFileSync(join(droplet, 'startup'), 'utf8'), recorded('sinatra.8f2fa00.startup.sh'));
    assert.is(readFileSync(join(droplet, 'stop'), 'utf8'), recorded('sinatra.8f2fa00.stop.sh'));
  });

  it('has the configuration of gunicorn that was recorded', async (scope) => {
    const { droplet } = await stage(scope, { 'wsgi.py': '' }, { framework: 'wsgi' });

    assert.is(readFileSync(join(droplet, 'gunicorn.config'), 'utf8'), recorded('wsgi.gunicorn.config'));
  });

  it('has a staging.log where the plugins wrote one, and reports its lines', async (scope) => {
    const plain = await stage(scope, { 'app.rb': 'require "sinatra"' }, { framework: 'sinatra' });
    const silent = await stage(scope, { 'wsgi.py': '' }, { framework: 'wsgi' });

    const text = readFileSync(join(plain.droplet, 'logs/staging.log'), 'utf8');
    assert.match(
      plain.lines[0] ?? '',
      /^# Logfile created on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 by logger\.rb\/31641$/,
    );
    assert.equal(plain.lines.slice(1), [
      'Auto-reconfiguration disabled because app does not use Bundler.',
      'Please provide a Gemfile.lock to use auto-reconfiguration.',
    ]);
    assert.is(text, `${plain.lines.join('\n')}\n`);
    assert.equal(silent.lines, []);
  });
});
