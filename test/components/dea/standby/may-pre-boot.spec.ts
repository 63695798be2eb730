import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { areAlike, mayPreBoot } from '#components/dea/standby/may-pre-boot.ts';
import { startupText } from '#workload/lifecycle/startup-script.ts';
import { describe } from '../../../support/spec.ts';

const recorded = join(import.meta.dirname, '../../../workload/lifecycle/fixtures');
const plain = '%VCAP_LOCAL_RUNTIME% $NODE_ARGS server.js $@';

interface Case {
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

const may: Readonly<Record<string, Case>> = {
  'the main file of a node app': {},
  'a start script that is one node': { command: '%VCAP_LOCAL_RUNTIME% $NODE_ARGS lib/server.mjs --port $PORT $@' },
  'node by its name': { command: 'node server.js' },
  'variables before it': { command: 'NODE_ENV=production DEBUG= node server' },
  'options that only say how it runs': { command: 'node --max-old-space-size=200 --enable-source-maps server.js' },
  'files to be loaded first': { command: 'node -r dotenv/config --require ./a.js --import=./b.mjs server.js' },
  'options in NODE_ARGS and NODE_OPTIONS': {
    env: { NODE_ARGS: '--expose-gc', NODE_OPTIONS: '--no-warnings  --require dotenv/config', NODE_ENV: 'production' },
  },
  'variables of a framework': {
    variables: { NODE_ENV: `\${NODE_ENV:-production}`, PATH: '$PWD/app/node_modules/.bin:$PATH' },
  },
};

const mayNot: Readonly<Record<string, Case>> = {
  'npm in between': { command: 'npm start' },
  'a shell in between': { command: "bash -c 'node server.js'" },
  'two commands': { command: '(node migrate.js; node server.js)' },
  'one after the other': { command: 'node migrate.js && node server.js' },
  'a word that a program gives': { command: 'node $(cat main.txt)' },
  'files that are looked for': { command: 'node server.js config/*.json' },
  'another program': { command: 'ruby server.rb' },
  'no file of the app': { command: 'node -e 1' },
  'a file elsewhere': { command: 'node /opt/server.js' },
  'a file outside': { command: 'node ../server.js' },
  'a debugger': { command: 'node --inspect server.js' },
  'a debugger in NODE_OPTIONS': { env: { NODE_OPTIONS: '--inspect-brk=9229' } },
  'a debugger in NODE_ARGS': { env: { NODE_ARGS: '--inspect' } },
  'a file of variables': { command: 'node --env-file=.env server.js' },
  'a loader': { env: { NODE_OPTIONS: '--experimental-loader ./loader.mjs' } },
  'its own watching': { command: 'node --watch server.js' },
  'options in quotes': { env: { NODE_OPTIONS: '--require "./a b.js"' } },
  'a file that node reads when it begins': { env: { NODE_EXTRA_CA_CERTS: 'app/ca.pem' } },
  'a library that is loaded when it begins': { env: { LD_PRELOAD: './app/malloc.so' } },
  'a file that the shell reads': { env: { BASH_ENV: 'app/env.sh' } },
  'such a variable in the script': { variables: { LD_LIBRARY_PATH: '$PWD/app/lib' } },
  'such a variable before the command': { command: 'LD_PRELOAD=./malloc.so node server.js' },
  'what changes each time in the script': { variables: { INSTANCE: '$VCAP_APPLICATION' } },
  'what changes each time in the command': { command: 'node server.js "$VMC_APP_VERSION"' },
  'node by a name that the script has found elsewhere': {
    command: 'node server.js',
    variables: { PATH: '$PWD/app/node_modules/.bin:$PATH' },
  },
  'node by a name that the command has found elsewhere': { command: 'PATH=/opt/bin node server.js' },
  'a variable that a program gives': { variables: { HOST: '$(hostname)' } },
};

const startupOf = ({ command = plain, variables = {} }: Case) => startupText({ command, variables });

describe('starting an app ahead', (it) => {
  for (const [what, each] of Object.entries(may)) {
    it(`is for ${what}`, () => assert.ok(mayPreBoot({ startup: startupOf(each), env: each.env ?? {} })));
  }

  for (const [what, each] of Object.entries(mayNot)) {
    it(`is not for ${what}`, () => assert.not(mayPreBoot({ startup: startupOf(each), env: each.env ?? {} })));
  }

  it('is for scripts as they were written in 2012, too', async () => {
    for (const name of ['node', 'node_pkg', 'node_auto']) {
      const startup = await readFile(join(recorded, `${name}.startup.sh`), 'utf8');
      assert.ok(mayPreBoot({ startup, env: {} }), name);
    }
    assert.is(mayPreBoot({ startup: startupText({ command: plain }, '8f2fa00'), env: {} }), '%VCAP_LOCAL_RUNTIME%');
  });

  it('is not for scripts that do anything else', () => {
    const startup = startupText({ command: plain });
    const hooked = startupText({ command: plain, hooks: [{ name: 'pre-running', command: 'true' }] });
    const changed = {
      'more lines before': startup.replace('cd app', 'ls\ncd app'),
      'more lines behind': `${startup}echo done\n`,
      'another shell': startup.replace('/bin/bash', '/bin/dash'),
      'another directory': startup.replace('cd app', 'cd app/src'),
      'output elsewhere': startup.replace('logs/stdout.log', 'logs/out.log'),
      'nothing at all': '',
      hooks: hooked,
    };

    for (const [what, text] of Object.entries(changed)) assert.not(mayPreBoot({ startup: text, env: {} }), what);
  });

  it('holds as long as nothing is different but what is told anew each time', () => {
    const before = { PATH: '/bin', VCAP_APPLICATION: '{}', VMC_APP_VERSION: '1', GREETING: 'Hej' };

    assert.ok(areAlike(before, { ...before, VCAP_APPLICATION: '{"version":"2"}', VMC_APP_VERSION: '2' }));
    assert.not(areAlike(before, { ...before, GREETING: 'Hello' }));
    assert.not(areAlike(before, { ...before, MORE: '' }));
    assert.not(areAlike({ ...before, MORE: '' }, before));
  });
});
