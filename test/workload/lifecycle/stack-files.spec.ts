import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { readStackFiles } from '#workload/lifecycle/stack-files.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { stage } from './apps.ts';

const shipped = resolve('stacks');
const pattern = `detection:\n  - "*.rb": 'sinatra'\n`;
const manifest = (more: string) => `name: sinatra\nruntimes:\n  - ruby19:\n      default: true\n${more}`;

/** A copy of the shipped directory with some files changed. */
async function edited(scope: Scope, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'stacks');
  cpSync(shipped, directory, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
  return directory;
}

async function refusalOf(work: Promise<unknown>): Promise<ActionableError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.instance(failure, ActionableError);
  return failure as ActionableError;
}

/** File, its text, what is said after the file's path. */
const mistakes: Record<string, { file: string; text: string; says: RegExp }> = {
  'text that is no YAML': {
    file: 'manifests/sinatra.yml',
    text: 'name: "sinatra\n',
    says: /This is not YAML: .*line \d/,
  },
  'a list for a map': { file: 'manifests/rack.yml', text: '- name\n', says: /name: / },
  'another name': {
    file: 'manifests/rack.yml',
    text: manifest(pattern),
    says: /name: 'sinatra' is not the name of the file/,
  },
  'a framework nothing stages': {
    file: 'manifests/cobol.yml',
    text: manifest(pattern).replace('sinatra', 'cobol'),
    says: /name: nothing stages 'cobol'; there is rails3, rack/,
  },
  'runtimes that are no list': { file: 'manifests/php.yml', text: 'name: php\nruntimes: php\n', says: /runtimes: / },
  'a runtime nobody describes': {
    file: 'manifests/sinatra.yml',
    text: manifest(pattern).replace('ruby19', 'ruby99'),
    says: /runtimes: 'ruby99' does not stand in runtimes\.yml/,
  },
  'a rule that is a number': {
    file: 'manifests/sinatra.yml',
    text: manifest('detection:\n  - "*.rb": 7\n'),
    says: /detection\.0\.\*\.rb: must be a text, true or false/,
  },
  'a pattern that is none': {
    file: 'manifests/sinatra.yml',
    text: manifest('detection:\n  - "*.rb": "(open"\n'),
    says: /detection\.0\.\*\.rb: '\(open' is no regular expression/,
  },
  'a sign that is none': {
    file: 'manifests/sinatra.yml',
    text: manifest(`${pattern}signs:\n  - "*.rb": "[z-a]"\n`),
    says: /signs\.0\.\*\.rb: '\[z-a\]' is no regular expression/,
  },
  'a version without quotes': {
    file: 'runtimes.yml',
    text: 'ruby19:\n  version: 1.9\n  executable: ruby\n',
    says: /ruby19\.version: must be a text: write it in quotes/,
  },
  'a runtime without a program': {
    file: 'runtimes.yml',
    text: 'ruby19:\n  version: "1.9"\n',
    says: /ruby19\.executable: /,
  },
  'a variable without a name': {
    file: 'runtimes.yml',
    text: 'ruby19:\n  version: "1.9"\n  executable: ruby\n  environment:\n    "A B": c\n',
    says: /ruby19\.environment\.A B: is no name of a variable/,
  },
  'output that is no pattern': {
    file: 'runtimes.yml',
    text: 'ruby19:\n  version: "1.9"\n  executable: ruby\n  version_output: "*"\n',
    says: /ruby19\.version_output: '\*' is no regular expression/,
  },
};

describe('the files of stacks/', (it) => {
  it('that are shipped have a manifest for each framework, in the order of detection', async () => {
    const { frameworks, runtimes } = await readStackFiles(shipped);

    assert.equal(frameworks.map(({ name }) => `${name}.yml`).sort(), readdirSync(join(shipped, 'manifests')).sort());
    assert.is(frameworks.map(({ name }) => name)[0], 'rails3');
    assert.is(frameworks.length, 14);
    assert.is(runtimes.get('ruby19')?.executable, 'ruby');
    for (const framework of frameworks.filter(({ name }) => name !== 'standalone')) {
      assert.is(framework.runtimes.filter(({ isDefault }) => isDefault).length, 1, framework.name);
      assert.ok(framework.detection.length > 0, framework.name);
    }
  });

  it('decide how an app is found and what its main file is', async (scope) => {
    const stacksDir = await edited(scope, {
      'manifests/sinatra.yml': manifest(`detection:\n  - "*.rb": 'class MyApp'\n`),
    });

    const staged = await stage(scope, { 'a.rb': "require 'sinatra'", 'b.rb': 'class MyApp' }, { stacksDir });

    assert.equal([staged.framework, staged.startCommand], ['sinatra', 'ruby b.rb']);
  });

  it('count again as soon as one is edited', async (scope) => {
    const stacksDir = await edited(scope, {});
    const source = { 'app.rb': "require 'sinatra'" };
    const runtime_info = { name: 'ruby19' };
    const startOf = async () =>
      (await stage(scope, { ...source, 'Gemfile.lock': '' }, { stacksDir, properties: { runtime_info } })).startCommand;
    assert.match(await startOf(), 'rubygems/ruby/1.9.1/bin');

    writeFileSync(join(stacksDir, 'runtimes.yml'), 'ruby19:\n  version: "1.8.7"\n  executable: ruby\n');
    const refusal = await refusalOf(startOf());
    rmSync(join(stacksDir, 'manifests'), { recursive: true });
    mkdirSync(join(stacksDir, 'manifests'));
    writeFileSync(join(stacksDir, 'manifests/sinatra.yml'), manifest(`detection:\n  - "*.rb": 'sinatra'\n`));

    assert.match(refusal.message, 'does not stand in runtimes.yml');
    assert.match(await startOf(), 'rubygems/ruby/1.8/bin');
  });

  it('can be manifests alone, with the runtimes that lie beside their folder, or those that are shipped', async (scope) => {
    const stacksDir = await edited(scope, {
      'manifests/sinatra.yml': manifest(`detection:\n  - "*.rb": 'class MyApp'\n`),
      'runtimes.yml': 'ruby19:\n  version: "1.8.7"\n  executable: ruby\n',
    });
    const manifestsDir = join(stacksDir, 'manifests');
    for (const name of readdirSync(manifestsDir)) if (name !== 'sinatra.yml') rmSync(join(manifestsDir, name));
    const source = { 'a.rb': "require 'sinatra'", 'b.rb': 'class MyApp', 'Gemfile.lock': '' };
    const start = async () =>
      (await stage(scope, source, { manifestsDir, properties: { runtime_info: { name: 'ruby19' } } })).startCommand;

    assert.match(await start(), /rubygems\/ruby\/1\.8\/.* \.\/b\.rb$/);
    rmSync(join(stacksDir, 'runtimes.yml'));
    assert.match(await start(), /rubygems\/ruby\/1\.9\.1\/.* \.\/b\.rb$/);
    const refusal = await refusalOf(stage(scope, source, { manifestsDir: join(stacksDir, 'none') }));
    assert.match(refusal.message, `${join(stacksDir, 'none')} cannot be read`);
  });

  it('give a runtime variables, which the user and the plugin can set to something else', async (scope) => {
    const value = 'a "b" `c` $HOME } \\ d';
    const runtimes = {
      node: {
        version: '0.4',
        executable: 'node',
        environment: { PATH: '/opt/{node}/bin:$PATH', ODD: value, OTHER: 'of the runtime', TMPDIR: '/nowhere' },
      },
    };
    const stacksDir = await edited(scope, { 'runtimes.yml': JSON.stringify(runtimes) });
    const manifestsDir = join(stacksDir, 'manifests');
    for (const name of readdirSync(manifestsDir)) if (name !== 'node.yml') rmSync(join(manifestsDir, name));
    writeFileSync(join(manifestsDir, 'node.yml'), 'name: node\nruntimes:\n  - node:\ndetection:\n  - "*.js": "."\n');
    const app = { 'app.js': 'console.log(JSON.stringify(process.env))' };
    const variablesWith = async (runtime_info: { name: string; environment?: Record<string, string> }) => {
      const { droplet } = await stage(scope, app, { stacksDir, properties: { runtime_info } });
      const startup = join(droplet, 'startup');
      const text = readFileSync(startup, 'utf8').replaceAll('%VCAP_LOCAL_RUNTIME%', process.execPath);
      const script = join(droplet, 'filled-in');
      writeFileSync(script, text);
      execFileSync('bash', [script], { cwd: droplet, env: { PATH: '/usr/bin:/bin', OTHER: 'of the user' } });
      return JSON.parse(readFileSync(join(droplet, 'logs', 'stdout.log'), 'utf8'));
    };

    const { PATH, ODD, OTHER, TMPDIR } = await variablesWith({ name: 'node' });
    const told = await variablesWith({ name: 'node', environment: { ODD: 'as the request has it' } });

    assert.equal([PATH, ODD, OTHER], ['/opt/{node}/bin:/usr/bin:/bin', value, 'of the user']);
    assert.match(TMPDIR, /\/tmp$/);
    assert.is(told.ODD, undefined, 'a DEA is told that too, and sees to it');
  });

  it('complete what a request says of a runtime, and change nothing of it', async (scope) => {
    const startWith = async (runtime_info: { name: string; version?: string }) =>
      (await stage(scope, { 'config.ru': '', 'Gemfile.lock': '' }, { properties: { runtime_info } })).startCommand;

    assert.match(await startWith({ name: 'ruby19' }), 'rubygems/ruby/1.9.1/bin');
    assert.match(await startWith({ name: 'ruby19', version: '1.8.7' }), 'rubygems/ruby/1.8/bin');
    assert.match(await startWith({ name: 'ruby' }), 'rubygems/ruby/1.8/bin');
  });

  it('may disable a framework, or a runtime', async (scope) => {
    const stacksDir = await edited(scope, { 'manifests/php.yml': 'name: php\nruntimes: []\ndisabled: true\n' });
    const refusal = await refusalOf(stage(scope, { 'index.php': '' }, { stacksDir, framework: 'php' }));
    const unseen = await refusalOf(stage(scope, { 'index.php': '' }, { stacksDir }));
    const noRuby = await edited(scope, {
      'runtimes.yml':
        'ruby18:\n  version: "1.8"\n  executable: ruby\n  disabled: true\nruby19:\n  version: "1.9"\n  executable: ruby\n',
    });
    for (const name of readdirSync(join(noRuby, 'manifests'))) {
      if (!['rack.yml', 'sinatra.yml', 'platform.yml'].includes(name)) rmSync(join(noRuby, 'manifests', name));
    }
    const properties = { runtime_info: { name: 'ruby18' } };
    const noRuntime = await refusalOf(stage(scope, { 'config.ru': '' }, { stacksDir: noRuby, properties }));

    assert.match(refusal.message, "The framework 'php' is disabled");
    assert.match(unseen.message, 'None of the frameworks knows this app');
    assert.match(noRuntime.message, "The runtime 'ruby18' is disabled in runtimes.yml.");
    assert.match(noRuntime.remedy, 'For rack there is ruby19.');
  });

  it('leave out platform.yml, which lay beside the manifests in 2012', async (scope) => {
    const stacksDir = await edited(scope, { 'manifests/platform.yml': 'cache: /somewhere\n' });

    assert.is((await readStackFiles(stacksDir)).frameworks.length, 14);
  });

  for (const [what, { file, text, says }] of Object.entries(mistakes)) {
    it(`are refused with file and place for ${what}`, async (scope) => {
      const directory = await edited(scope, { [file]: text });

      const refusal = await refusalOf(readStackFiles(directory));

      assert.is(refusal.code, 'BAD_INPUT');
      assert.ok(refusal.message.startsWith(`${join(directory, file)}: `), refusal.message);
      assert.match(refusal.message, says);
      assert.match(refusal.remedy, 'Correct the file');
    });
  }

  it('are refused when they are not there', async (scope) => {
    const directory = await scratchDirectory(scope);

    const refusal = await refusalOf(stage(scope, { 'app.js': '' }, { stacksDir: directory }));

    assert.match(refusal.message, `${join(directory, 'manifests')} cannot be read`);
    assert.match(refusal.remedy, 'copy `stacks/` of localpaas and edit the copy');
  });
});
