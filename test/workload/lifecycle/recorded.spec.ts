import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { layoutOf, stage, writeApp } from './apps.ts';
import { cases, machineFiles } from './recorded-cases.ts';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
const fixtureNames = readdirSync(fixtures);
const recorded = (file: string) => readFileSync(join(fixtures, file), 'utf8');

/** Stages a case on a machine that has what was bundled with the originals. */
async function stageCase(scope: Scope, name: string, options: { scripts?: '8f2fa00' } = {}) {
  const app = cases[name];
  if (app === undefined) throw new Error(`There is no case ${name}.`);
  const { framework, runtime, command, source } = app;
  const machine = await scratchDirectory(scope);
  await writeApp(machine, machineFiles);
  const env = {
    PATH: join(machine, 'erlang/bin'),
    CATALINA_HOME: join(machine, 'tomcat'),
    PLATFORM_CONFIG: join(machine, 'platform.yml'),
  };
  await writeApp(machine, { 'platform.yml': `cache: ${join(machine, 'cache')}\ninsight_agent: unused.zip\n` });
  const properties = { runtime_info: runtime, ...(command === undefined ? {} : { meta: { command } }) };
  const staged = await stage(scope, source, { framework, properties, env, ...options });
  return { ...staged, app, machine };
}

/** What the plugins of 2012 brought along for Apache, which we do without. */
const apache = /^\S+ . \.\/apache\/./;
const pathOf = (line: string) => line.slice(line.indexOf('./') < 0 ? line.length - 1 : line.indexOf('./'));

describe('a droplet of a framework', (it) => {
  for (const name of Object.keys(cases)) {
    it(`has the startup and the stop that were recorded for ${name}`, async (scope) => {
      const { droplet } = await stageCase(scope, name);

      assert.is(readFileSync(join(droplet, 'startup'), 'utf8'), recorded(`${name}.startup.sh`));
      assert.is(readFileSync(join(droplet, 'stop'), 'utf8'), recorded(`${name}.stop.sh`));
    });

    it(`has the files and modes that were recorded for ${name}, and those it needs today`, async (scope) => {
      const { droplet, app } = await stageCase(scope, name);

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

    it(`has the contents that were recorded for ${name}`, async (scope) => {
      const { droplet, app } = await stageCase(scope, name);

      const compared = Object.entries(app.recorded ?? {});
      for (const [file, path] of compared) {
        assert.is(readFileSync(join(droplet, path), 'utf8'), recorded(`${name}.${file}`), path);
      }
      if (fixtureNames.includes(`${name}.logs_staging.log`)) {
        const log = readFileSync(join(droplet, 'logs/staging.log'), 'utf8');
        const afterFirst = (text: string) => text.slice(text.indexOf('\n'));
        assert.is(afterFirst(log), afterFirst(recorded(`${name}.logs_staging.log`)));
      }
    });
  }

  it('is compared with every file that was recorded', () => {
    const kinds = ['startup.sh', 'stop.sh', 'layout.txt', 'logs_staging.log'];
    const compared = Object.entries(cases).flatMap(([name, app]) =>
      [...kinds, ...Object.keys(app.recorded ?? {})].map((kind) => `${name}.${kind}`),
    );
    const ofArticle = ['sinatra.8f2fa00.startup.sh', 'sinatra.8f2fa00.stop.sh'];

    assert.ok(fixtureNames.length >= 85, `${fixtureNames.length} recorded files`);
    assert.equal(
      fixtureNames.filter((name) => !compared.includes(name) && !ofArticle.includes(name)),
      [],
    );
  });

  it('has the scripts of the article when that version is asked for', async (scope) => {
    const { droplet } = await stageCase(scope, 'sinatra', { scripts: '8f2fa00' });

    assert.is(readFileSync(join(droplet, 'startup'), 'utf8'), recorded('sinatra.8f2fa00.startup.sh'));
    assert.is(readFileSync(join(droplet, 'stop'), 'utf8'), recorded('sinatra.8f2fa00.stop.sh'));
  });

  it('has links to the Erlang of the machine', async (scope) => {
    const { droplet, machine } = await stageCase(scope, 'otp');

    assert.is(readlinkSync(join(droplet, 'app/erts-5.8.3')), join(machine, 'erlang/erts-5.8.3'));
    assert.is(readlinkSync(join(droplet, 'app/lib/stdlib-1.17.3')), join(machine, 'erlang/lib/stdlib-1.17.3'));
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
