import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe, type Scope } from '../support/spec.ts';
import { get, makeApp, notedPrograms, pathWithout, Staging, sampleApps, start } from './staging.ts';

/** An app that needs a gem which nobody but itself has, in vendor/cache. */
async function appWithGem(scope: Scope): Promise<string> {
  const gem = await makeApp(scope, {
    'lib/greet.rb': "def greet = 'hello from a gem'\n",
    'greet.gemspec': `Gem::Specification.new do |gem|
      gem.name, gem.version, gem.summary, gem.authors = 'greet', '1.0', 'greets', ['somebody']
      gem.files = ['lib/greet.rb']
    end\n`,
  });
  const app = await makeApp(scope, {
    Gemfile: "source 'https://rubygems.org'\nruby '>= 2.7'\ngem 'greet'\n",
    'Gemfile.lock':
      'GEM\n  remote: https://rubygems.org/\n  specs:\n    greet (1.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  greet\n',
    'app.rb': `# require 'sinatra' would make a bigger one
require 'greet'
require 'socket'
server = TCPServer.new('127.0.0.1', ENV['PORT'].to_i)
loop { socket = server.accept; socket.gets; socket.write("HTTP/1.0 200 OK\\r\\n\\r\\n" + greet); socket.close }\n`,
    Procfile: 'web: bundle exec ruby app.rb\n',
  });
  await mkdir(join(app, 'vendor', 'cache'), { recursive: true });
  execFileSync('gem', ['build', 'greet.gemspec', '--output', join(app, 'vendor/cache/greet-1.0.gem')], {
    cwd: gem,
    stdio: 'pipe',
  });
  return app;
}

describe(
  'the buildpack ruby',
  (it) => {
    it('serves a Rack app with the gems of the machine', async (scope) => {
      const staging = await Staging.of(scope, 'ruby');
      const staged = await staging.staged(join(sampleApps, 'hello-rack'), { offline: true });

      assert.is(staged.web, `rackup -o "\${VCAP_APP_HOST:-0.0.0.0}" -p "$PORT"`);
      assert.is(staged.config.output_metadata?.runtime.name, 'ruby');
      assert.match(await get(await start(scope, staged)), /^Hello from Ruby [\d.]+, instance 3\.\n$/);
    });

    it('serves a Sinatra app', async (scope) => {
      const staging = await Staging.of(scope, 'ruby');
      const staged = await staging.staged(join(sampleApps, 'hello-sinatra'), { offline: true });

      assert.match(await get(await start(scope, staged)), 'Hello from Ruby');
    });

    it(
      'installs the gems of vendor/cache without a network, and takes them from the cache the next time',
      async (scope) => {
        const app = await appWithGem(scope);
        const staging = await Staging.of(scope, 'ruby');
        const web = 'bundle exec ruby app.rb';

        const first = await staging.staged(app, { offline: true });
        assert.match(first.out, 'Gems come from vendor/cache');
        assert.is(first.config.output_metadata?.runtime.constraint, '>=2.7');
        assert.is(await get(await start(scope, { ...first, web })), 'hello from a gem');
        const second = await staging.staged(app, { offline: true });
        assert.match(second.out, 'Gemfile unchanged: taking the gems from the cache');
        assert.is(await get(await start(scope, { ...second, web })), 'hello from a gem');
      },
      { timeoutMs: 120_000 },
    );

    it('does with the gems of the machine when there is no network', async (scope) => {
      const staging = await Staging.of(scope, 'ruby');
      const app = await makeApp(scope, {
        Gemfile: "source 'https://rubygems.org'\ngem 'rack'\ngem 'webrick'\n",
        'config.ru': "run ->(_) { [200, {}, ['here']] }\n",
      });
      const { out } = await staging.staged(app, { offline: true });

      assert.match(out, 'the gems of this machine are those that the Gemfile asks for');
    });

    it('says that there is no network, and what to do, without having bundler try', async (scope) => {
      const staging = await Staging.of(scope, 'ruby');
      const app = await makeApp(scope, { Gemfile: "source 'https://gems.example'\ngem 'no-such-gem-here'\n" });
      const { path, calls } = await notedPrograms(scope, 'bundle');
      const { code, err } = await staging.stage(app, { offline: true, env: { PATH: path } });

      assert.is(code, 1);
      assert.match(err, 'there is no network (gems.example does not answer)');
      assert.match(err, '`bundle cache`');
      const installs = (await calls()).filter((call) => call.includes(' install'));
      assert.ok(installs.length > 0);
      for (const call of installs) assert.match(call, ' --local');
    });

    it('says what is missing on the machine', async (scope) => {
      const staging = await Staging.of(scope, 'ruby');
      const app = await makeApp(scope, { Gemfile: "gem 'rack'\n" });
      for (const [program, said] of [
        ['ruby', 'There is no program ruby here.'],
        ['bundle', 'There is no program bundle here to install the gems'],
      ] as const) {
        const { code, err } = await staging.stage(app, { env: { PATH: await pathWithout(scope, program) } });

        assert.is(code, 1);
        assert.match(err, said);
      }
    });

    it('finds out how the app starts', async (scope) => {
      const staging = await Staging.of(scope, 'ruby');
      const release = async (files: Record<string, string>) => {
        const { out } = await staging.run('release', [await makeApp(scope, files)]);
        return out;
      };

      assert.match(
        await release({ Gemfile: '', 'config.ru': '', 'config/application.rb': '' }),
        'bundle exec rails server -b',
      );
      assert.match(await release({ 'tool.rb': 'require "sinatra"\n' }), 'ruby tool.rb -o');
      assert.match(await release({ Gemfile: '' }), 'default_process_types: {}');
    });
  },
  { timeoutMs: 120_000 },
);
