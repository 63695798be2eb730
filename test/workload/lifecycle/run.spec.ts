import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Child, startChild } from '#ground/child.ts';
import { readIfThere } from '#ground/files.ts';
import { call } from '#ground/http-client.ts';
import { listen } from '#ground/ports.ts';
import { waitFor, within } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { type Staged, stage } from './apps.ts';

/** Old scripts, unchanged, on the machine of today. What needs a program that is not here is left out, and said. */
function isThere(program: string, ...check: string[]): boolean {
  try {
    execFileSync(program, check, { stdio: 'ignore' });
    return true;
  } catch {
    process.stdout.write(`(left out: this machine has no ${program}, or ${program} ${check.join(' ')} fails)\n`);
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The test' });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Instance {
  readonly url: string;
  readonly startup: Child;
  readonly droplet: string;
  readonly log: () => Promise<string>;
}

/** Starts a droplet as a DEA does: the token replaced, a listed environment, the droplet as home. */
async function start(scope: Scope, { droplet }: Staged, program: string): Promise<Instance> {
  const port = await freePort();
  const script = join(droplet, 'startup');
  const text = readFileSync(script, 'utf8').replaceAll('%VCAP_LOCAL_RUNTIME%', program);
  await chmod(script, 0o700);
  await writeFile(script, text);
  const startup = scope.use(
    await startChild({
      program: './startup',
      args: ['-p', String(port)],
      cwd: droplet,
      env: {
        PATH: `${process.env['PATH']}:${await namesOfPython(scope)}`,
        HOME: droplet,
        VCAP_APP_HOST: '127.0.0.1',
        VCAP_APP_PORT: String(port),
        PORT: String(port),
        VCAP_SERVICES: '{}',
        LANG: 'C.UTF-8',
      },
      graceMs: 500,
    }),
  );
  const log = async () =>
    `${await readIfThere(join(droplet, 'logs/stderr.log'))}${await readIfThere(join(droplet, 'logs/startup.log'))}`;
  return { url: `http://127.0.0.1:${port}`, startup, droplet, log };
}

/** `python` and `pip`, where only python3 is installed. */
async function namesOfPython(scope: Scope): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'bin');
  await mkdir(directory);
  await writeFile(join(directory, 'python'), '#!/bin/sh\nexec python3 "$@"\n', { mode: 0o755 });
  await writeFile(join(directory, 'pip'), '#!/bin/sh\nexec python3 -m pip "$@"\n', { mode: 0o755 });
  return directory;
}

async function answerOf({ url, log, startup }: Instance, path = '/'): Promise<string> {
  let over = false;
  void startup.exited.then(() => {
    over = true;
  });
  try {
    return await waitFor(
      'an answer',
      async () => {
        if (over) throw new Error('The app ended.');
        return await call(`${url}${path}`).then(
          (answer) => answer.text(),
          () => undefined,
        );
      },
      { limitMs: 30_000, everyMs: 25 },
    );
  } catch (cause) {
    throw new Error(`${cause}\n${await log()}`);
  }
}

const limits = { timeoutMs: 45_000 };
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
      const { code, signal } = await within(5_000, 'the end', instance.startup.exited);
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
        assert.match(await instance.log(), 'a note');
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
