import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor, within } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { stage } from './apps.ts';
import { answerOf, isThere, start } from './running.ts';

const limits = { timeoutMs: 120_000 };
const sinatra = "require 'sinatra'\nset :bind, '127.0.0.1'\nget('/') { \"hello from #{settings.environment}\" }\n";
const rack = "run lambda { |env| [200, {'content-type' => 'text/plain'}, ['hello from ' + ENV['RACK_ENV']]] }\n";
const wsgi = `import os, sys, threading
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    server = environ['SERVER_SOFTWARE'].split('/')[0]
    return [('hello by %s in %s' % (server, os.path.basename(os.getcwd()))).encode()]
`;

describe('a staged app', (it) => {
  it(
    'runs with Node, and its stop ends it',
    async (scope) => {
      const source = {
        'app.js': `console.log('up'); require('node:http').createServer((_, r) => r.end('hello')).listen(process.env.PORT);`,
      };
      const instance = await start(scope, await stage(scope, source), process.execPath);
      assert.is(await answerOf(instance), 'hello');
      const pid = readFileSync(join(instance.droplet, 'run.pid'), 'utf8').trim();

      execFileSync('./stop', [pid], { cwd: instance.droplet });

      // `startup` is killed, or sees its app killed and ends with that status: whichever comes first.
      const { code, signal } = await within(15_000, 'the end', instance.startup.exited);
      assert.ok(signal === 'SIGKILL' || code === 128 + 9, `${code} ${signal}`);
      assert.is(readFileSync(join(instance.droplet, 'logs/stdout.log'), 'utf8'), 'up\n');
    },
    limits,
  );

  it(
    'runs a start script of npm with the programs of its modules',
    async (scope) => {
      const source = {
        'package.json': JSON.stringify({ scripts: { start: 'GREETING=hi serve' } }),
        'node_modules/.bin/serve': `#!${process.execPath}\nrequire('node:http').createServer((_, r) => r.end(process.env.GREETING)).listen(process.env.PORT);`,
      };
      const staged = await stage(scope, source);
      await chmod(join(staged.droplet, 'app/node_modules/.bin/serve'), 0o755);

      assert.is(await answerOf(await start(scope, staged, process.execPath)), 'hi');
    },
    limits,
  );

  if (isThere('ruby', '-e', "require 'sinatra/base'")) {
    it(
      'runs with Sinatra though Ruby has no ubygems any more',
      async (scope) => {
        const staged = await stage(scope, { 'app.rb': sinatra });

        assert.is(await answerOf(await start(scope, staged, 'ruby')), 'hello from production');
      },
      limits,
    );
  }

  if (isThere('ruby', '-e', "gem 'bundler'; gem 'sinatra', '3.0.5'; gem 'webrick'; require 'sinatra/base'")) {
    it(
      'runs with the gems of the machine when it has a Gemfile.lock',
      async (scope) => {
        const directory = await scratchDirectory(scope);
        const Gemfile = "source 'https://rubygems.org'\ngem 'sinatra'\ngem 'webrick'\n";
        await writeFile(join(directory, 'Gemfile'), Gemfile);
        execFileSync('ruby', ['-e', "load Gem.bin_path('bundler', 'bundle')", 'lock', '--local'], { cwd: directory });
        const lock = readFileSync(join(directory, 'Gemfile.lock'), 'utf8');
        const staged = await stage(scope, { 'app.rb': sinatra, Gemfile, 'Gemfile.lock': lock });

        assert.is(await answerOf(await start(scope, staged, 'ruby')), 'hello from production');
      },
      limits,
    );
  }

  if (isThere('ruby', '-S', 'rackup', '--version')) {
    it(
      'runs with rackup',
      async (scope) => {
        const staged = await stage(scope, { 'config.ru': rack });

        assert.is(await answerOf(await start(scope, staged, 'ruby')), 'hello from production');
      },
      limits,
    );
  }

  if (isThere('php', '--version')) {
    it(
      'runs with PHP in place of Apache',
      async (scope) => {
        const source = {
          'index.php': '<?php echo "hello ", getenv("VCAP_SERVICES"); error_log("a note");',
          'style.css': 'b {}',
        };
        const instance = await start(scope, await stage(scope, source), 'php');

        assert.is(await answerOf(instance), 'hello {}');
        assert.is(await answerOf(instance, '/style.css'), 'b {}');
        const note = async () => (await instance.log()).includes('a note') || undefined;
        await waitFor('the note in the log', note, { limitMs: 15_000 });
      },
      limits,
    );
  }

  if (isThere('python3', '-m', 'pip', '--version')) {
    it(
      'runs with WSGI without gunicorn and without a network',
      async (scope) => {
        const instance = await start(scope, await stage(scope, { 'wsgi.py': wsgi }), 'python3');

        const answers = await Promise.all([answerOf(instance), answerOf(instance), answerOf(instance)]);

        assert.equal(new Set(answers), new Set(['hello by WSGIServer in app']));
        assert.match(await instance.log(), /No matching distribution found for gunicorn|already satisfied/);
      },
      limits,
    );

    it(
      'runs with WSGI and the packages that lie in vendor/',
      async (scope) => {
        const source = {
          'wsgi.py': `import greeting\n${wsgi.replace("'hello by", "greeting.text + ' by")}`,
          'requirements.txt': 'greeting==1.0\n',
        };
        const staged = await stage(scope, { ...source, 'vendor/placeholder.whl': '' });
        makeWheel(join(staged.droplet, 'app/vendor'), 'greeting', { 'greeting.py': 'text = "good day"' });

        assert.is(await answerOf(await start(scope, staged, 'python3')), 'good day by WSGIServer in app');
      },
      limits,
    );

    it(
      'says that Django is missing, and runs with it once a wheel of it lies in vendor/',
      async (scope) => {
        const manage = `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n`;
        const source = { 'manage.py': manage, 'site/settings.py': '', 'vendor/placeholder.whl': '' };
        const [bare, complete] = [await stage(scope, source), await stage(scope, source)];
        makeWheel(join(complete.droplet, 'app/vendor'), 'django', {
          'django/__init__.py': '',
          'django/core/__init__.py': '',
          'django/core/wsgi.py': djangoWsgi,
        });

        assert.match(await answerOf(await start(scope, bare, 'python3')).catch(String), 'Django is not installed');
        assert.is(await answerOf(await start(scope, complete, 'python3')), 'hello from site.settings');
      },
      limits,
    );
  }
});

/** What `gunicorn_django` uses of Django. */
const djangoWsgi = `import os
def get_wsgi_application():
    def app(environ, start_response):
        start_response('200 OK', [])
        return [('hello from ' + os.environ['DJANGO_SETTINGS_MODULE']).encode()]
    return app
`;

/** A Python package as wheels are made. */
function makeWheel(directory: string, name: string, files: Record<string, string>): void {
  const program = `
import json, sys, zipfile
directory, name, files = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
info = name + '-1.0.dist-info/'
files[info + 'METADATA'] = 'Metadata-Version: 2.1\\nName: ' + name + '\\nVersion: 1.0\\n'
files[info + 'WHEEL'] = 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'
files[info + 'RECORD'] = ''.join(path + ',,\\n' for path in [*files, info + 'RECORD'])
with zipfile.ZipFile(directory + '/' + name + '-1.0-py3-none-any.whl', 'w') as wheel:
    for path, text in files.items():
        wheel.writestr(path, text)
`;
  execFileSync('python3', ['-c', program, directory, name, JSON.stringify(files)]);
}
