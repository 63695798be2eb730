import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../../support/spec.ts';
import { type AppSource, stage } from './apps.ts';

const logs = '> $DROPLET_BASE_DIR/logs/stdout.log 2> $DROPLET_BASE_DIR/logs/stderr.log &';
const run = '%VCAP_LOCAL_RUNTIME% $NODE_ARGS';
const npmPath = 'export PATH="$PWD/app/node_modules/.bin:$PATH"';

/** What the line of startup says that runs the app. */
function runLineOf(droplet: string): string {
  const startup = readFileSync(join(droplet, 'startup'), 'utf8');
  const lines = startup.slice(startup.indexOf('\ncd ')).split('\n').slice(2);
  return lines.slice(0, lines.indexOf('STARTED=$!')).join('\n');
}

const started = (start: string, files: AppSource = {}): AppSource => ({
  'package.json': JSON.stringify({ scripts: { start } }),
  'x.js': ';',
  ...files,
});

const nodeCommands: Record<string, { source: AppSource; line: string; npm?: boolean }> = {
  'node with a file': { source: started('node x.js'), line: `${run} x.js $@` },
  'node with options': {
    source: started('  node --enable-source-maps x.js --flag '),
    line: `${run} --enable-source-maps x.js --flag $@`,
  },
  'a script alone': { source: started('x.js'), line: `${run} x.js $@` },
  'a script with a first line for node': {
    source: started('./bin/www', { 'bin/www': '#!/usr/bin/env node\n' }),
    line: `${run} ./bin/www $@`,
  },
  'a program of a module': { source: started('next start'), line: 'next start', npm: true },
  'variables first': {
    source: started('NODE_ENV=production node x.js'),
    line: 'NODE_ENV=production node x.js',
    npm: true,
  },
  'two commands': { source: started('node build.js && node x.js'), line: '(node build.js && node x.js)', npm: true },
  'a pipe': { source: started('node x.js | cat'), line: '(node x.js | cat)', npm: true },
  'a comment': { source: started('serve # all'), line: '(serve # all\n)', npm: true },
  'the main file': {
    source: { 'package.json': '{"main": "lib/start.js"}', 'lib/start.js': ';', 'app.js': ';' },
    line: `${run} lib/start.js $@`,
  },
  'the main file without its ending': {
    source: { 'package.json': '\uFEFF{"main": "./lib"}', 'lib.js': ';' },
    line: `${run} ./lib.js $@`,
  },
  'the main directory': {
    source: { 'package.json': '{"main": "lib"}', 'lib/index.js': ';' },
    line: `${run} lib/index.js $@`,
  },
  'a main file that is not there': {
    source: { 'package.json': '{"main": "dist.js"}', 'server.js': ';' },
    line: `${run} server.js $@`,
  },
  'the only file': { source: { 'package.json': '{}', 'odd.js': ';' }, line: `${run} odd.js $@` },
  'the last of the usual names': {
    source: { 'server.js': ';', 'app.js': ';', 'zzz.js': ';' },
    line: `${run} app.js $@`,
  },
  'a name with a blank': {
    source: { 'package.json': '{}', "it's mine.js": ';' },
    line: `${run} 'it'\\''s mine.js' $@`,
  },
};

/** Start command → family of runtimes. */
const families: Record<string, { command: string; family: string; source?: AppSource }> = {
  ruby: { command: 'ruby app.rb', family: 'ruby' },
  'bundle exec': { command: 'bundle exec rackup -p $PORT', family: 'ruby' },
  'python3.11': { command: 'exec python3.11 -m http.server', family: 'python' },
  'variables first': { command: 'A=b env C=d node x.js', family: 'node' },
  npm: { command: 'npm start', family: 'node' },
  'a path of a program': { command: '/usr/bin/php -S localhost:1', family: 'php' },
  'a script of the app': { command: './run.sh', family: '', source: { 'run.sh': '#!/bin/sh\n', 'app.js': ';' } },
  'a script for ruby': { command: 'bin/web', family: 'ruby', source: { 'bin/web': '#!/usr/bin/env ruby\n' } },
  'an unknown program': { command: 'make run', family: 'node', source: { Makefile: '', 'app.js': ';' } },
  'an unknown program alone': { command: 'make run', family: '', source: { Makefile: '' } },
};

describe('the start command', (it) => {
  for (const [what, { source, line, npm = false }] of Object.entries(nodeCommands)) {
    it(`of a Node app is ${what}`, async (scope) => {
      const { droplet } = await stage(scope, source, { framework: 'node' });

      assert.is(runLineOf(droplet), `${line} ${logs}`);
      assert.is(readFileSync(join(droplet, 'startup'), 'utf8').includes(npmPath), npm);
    });
  }

  for (const [what, { command, family, source = { 'a.txt': '' } }] of Object.entries(families)) {
    it(`needs ${family || 'no runtime'} when it begins with ${what}`, async (scope) => {
      const properties = { meta: { command }, runtime_info: { name: 'auto' } };

      const staged = await stage(scope, source, { framework: 'standalone', properties });

      assert.is(staged.runtime, family);
      assert.is(runLineOf(staged.droplet), `${command} ${logs}`);
    });
  }

  it('is shown without what only the platform knows', async (scope) => {
    const node = await stage(scope, { 'app.js': ';' });
    const wsgi = await stage(scope, { 'wsgi.py': '' });
    const rack = await stage(scope, { 'config.ru': '' }, { properties: { runtime_info: { name: 'ruby19' } } });

    assert.is(node.startCommand, 'node app.js');
    assert.is(wsgi.startCommand, '../python/bin/gunicorn -c ../gunicorn.config wsgi:application');
    assert.is(rack.startCommand, 'ruby -S rackup config.ru -E $RACK_ENV');
  });

  it('comes with a word about modules that a runtime of 2012 would have had installed', async (scope) => {
    const runtime_info = { name: 'node08', npm: '/opt/npm/cli.js' };
    const linesFor = async (source: AppSource) => {
      const options = { framework: 'node', properties: { runtime_info } };
      return (await stage(scope, { 'app.js': ';', ...source }, options)).lines.slice(1).join('\n');
    };

    assert.is(await linesFor({}), 'Skipping npm support: npm-shrinkwrap.json is not provided');
    assert.match(await linesFor({ 'npm-shrinkwrap.json': '{}' }), /^The runtime's npm is not run: push node_modules/);
  });

  it('logs as a whole what a command of several parts prints', async (scope) => {
    const staged = await stage(
      scope,
      { x: '' },
      { framework: 'standalone', properties: { meta: { command: 'a; b' } } },
    );

    assert.is(runLineOf(staged.droplet), `(a; b) ${logs}`);
  });

  const failures: Record<string, { framework: string; source: AppSource; message: RegExp }> = {
    'a standalone app without command': { framework: 'standalone', source: {}, message: /no start command of its own/ },
    'a Sinatra app without Sinatra': {
      framework: 'sinatra',
      source: { 'x.rb': '' },
      message: /^Unable to determine Sinatra startup command/,
    },
    'a Node app without script': {
      framework: 'node',
      source: { 'a.js': ';', 'b.js': ';' },
      message: /^Unable to determine Node\.js startup command/,
    },
    'a damaged package.json': {
      framework: 'node',
      source: { 'package.json': '{"scripts"', 'app.js': ';' },
      message: /^package\.json is not valid JSON/,
    },
  };
  for (const [what, { framework, source, message }] of Object.entries(failures)) {
    it(`cannot be found for ${what}, which is said`, async (scope) => {
      let failure: unknown;
      await stage(scope, source, { framework }).catch((error: unknown) => {
        failure = error;
      });

      assert.instance(failure, ActionableError);
      assert.match((failure as ActionableError).message, message);
      assert.is((failure as ActionableError).code, 'STAGING_FAILED');
    });
  }

  it('comes with a hint when modules are missing', async (scope) => {
    const source = { 'package.json': '{"dependencies": {"express": "*"}}', 'app.js': ';' };

    const without = await stage(scope, source);
    const withModules = await stage(scope, { ...source, 'node_modules/express/index.js': '' });

    assert.match(without.lines[1] ?? '', 'there is no node_modules');
    assert.equal(withModules.lines, []);
  });
});
