import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { call } from '#ground/http-client.ts';
import { describe } from '../support/spec.ts';
import { get, makeApp, notedPrograms, pathWithout, Staging, sampleApps, start } from './staging.ts';

describe(
  'the buildpack php',
  (it) => {
    it('serves the sample app', async (scope) => {
      const staging = await Staging.of(scope, 'php');
      const staged = await staging.staged(join(sampleApps, 'hello-php'), { offline: true });

      assert.is(staged.config.output_metadata?.runtime.name, 'php');
      assert.match(await get(await start(scope, staged)), /PHP.*instance 3/s);
    });

    it('answers all addresses with index.php, but keeps the files of the app to itself', async (scope) => {
      const staging = await Staging.of(scope, 'php');
      const app = await makeApp(scope, {
        'index.php': '<?php echo "path ", $_SERVER["REQUEST_URI"];',
        'style.css': 'a {}',
        'composer.json': '{"require": {"php": ">=7.4", "ext-json": "*"}}',
        '.env': 'secret',
        'vendor/secret.txt': 'secret',
      });
      const staged = await staging.staged(app, { offline: true });
      const url = await start(scope, staged);

      assert.is(staged.config.output_metadata?.runtime.constraint, '>=7.4');
      assert.is(await get(`${url}/any/where`), 'path /any/where');
      assert.is(await get(`${url}/style.css`), 'a {}');
      for (const path of [
        '/.env',
        '/%2eenv',
        '/composer.json',
        '//composer.json',
        '/vendor/secret.txt',
        '/COMPOSER.JSON',
      ]) {
        const answer = await call(url + path, { idleMs: 5_000 });
        assert.is(answer.status, 404, path);
        assert.not.match(await answer.text(), 'secret');
      }
    });

    it('serves the folder that is meant for visitors', async (scope) => {
      const staging = await Staging.of(scope, 'php');
      for (const folder of ['public', 'web', 'htdocs']) {
        const app = await makeApp(scope, { [`${folder}/index.php`]: folder, 'index.php': 'no' });

        assert.match((await staging.staged(app, { offline: true })).web ?? '', `-t ${folder} `);
      }
    });

    it('takes the packages that were pushed', async (scope) => {
      const staging = await Staging.of(scope, 'php');
      const app = await makeApp(scope, {
        'composer.json': '{"require": {"a/b": "1.0"}}',
        'vendor/autoload.php': '',
        'index.php': '',
      });
      const { out } = await staging.staged(app, { offline: true });

      assert.match(out, 'Taking the packages that came with the app');
    });

    it('says what to do without Composer, and with a composer.json that nobody can read', async (scope) => {
      const staging = await Staging.of(scope, 'php');
      const env = { PATH: await pathWithout(scope, 'composer') };
      const missing = await staging.stage(await makeApp(scope, { 'composer.json': '{"require": {"a/b": "1.0"}}' }), {
        env,
      });
      const broken = await staging.stage(await makeApp(scope, { 'composer.json': '{' }));

      assert.is(missing.code, 1);
      assert.match(missing.err, 'There is no program composer here');
      assert.match(missing.err, 'push the app with its folder vendor');
      assert.is(broken.code, 1);
      assert.match(broken.err, 'composer.json cannot be read: Syntax error.');
    });

    it('says that there is no network, without having Composer try, installs what is in the app, and keeps it', async (scope) => {
      const staging = await Staging.of(scope, 'php');
      const missing = await makeApp(scope, { 'composer.json': '{"require": {"no-such/package-here": "1.0"}}' });
      const { path, calls } = await notedPrograms(scope, 'composer');
      const refused = await staging.stage(missing, { offline: true, env: { PATH: path } });
      assert.is(refused.code, 1);
      assert.match(refused.err, 'there is no network, and the cache lacks some of them');
      const installs = (await calls()).filter((call) => /^composer .*\b(?:install|update)\b/.test(call));
      assert.ok(installs.length > 0);
      for (const call of installs) assert.match(call, / COMPOSER_DISABLE_NETWORK=1$/);

      const app = await makeApp(scope, {
        'composer.json': JSON.stringify({
          repositories: [{ type: 'path', url: 'lib/greet' }, { packagist: false }],
          require: { 'local/greet': '*' },
        }),
        'lib/greet/composer.json': '{"name": "local/greet", "version": "1.0.0", "autoload": {"files": ["greet.php"]}}',
        'lib/greet/greet.php': '<?php function greet() { return "hello from a package"; }',
        'index.php': '<?php require "vendor/autoload.php"; echo greet();',
      });
      await staging.staged(app, { offline: true });
      const again = await staging.staged(app, { offline: true });
      assert.match(again.out, 'composer.json unchanged: taking the packages from the cache');
      assert.is(await get(await start(scope, again)), 'hello from a package');
    });

    it('says that PHP is missing', async (scope) => {
      const staging = await Staging.of(scope, 'php');
      const env = { PATH: await pathWithout(scope, 'php') };
      const { code, err } = await staging.stage(await makeApp(scope, { 'index.php': '' }), { env });

      assert.is(code, 1);
      assert.match(err, 'There is no program php here.');
    });
  },
  { timeoutMs: 120_000 },
);
