import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe, type Scope } from '../../support/spec.ts';
import { type AppSource, stage } from './apps.ts';

const rails = { 'config.ru': '', 'config/application.rb': '', 'config/environment.rb': '' };
const ruby19 = { name: 'ruby19', version: '1.9.2' };
const run = '%VCAP_LOCAL_RUNTIME%';
const gems = './rubygems/ruby/1.9.1/bin';
const logs = '> $DROPLET_BASE_DIR/logs/stdout.log 2> $DROPLET_BASE_DIR/logs/stderr.log &';

async function scriptsOf(scope: Scope, source: AppSource): Promise<{ startup: string; stop: string; droplet: string }> {
  const { droplet } = await stage(scope, { ...rails, ...source }, { properties: { runtime_info: ruby19 } });
  const textOf = (name: string) => readFileSync(join(droplet, name), 'utf8');
  return { startup: textOf('startup'), stop: textOf('stop'), droplet };
}

/** Not recorded from the original: put together by hand from what is known of it. */
const plain = `#!/bin/bash
export DISABLE_AUTO_CONFIG="mysql:postgresql"
export RAILS_ENV="\${RAILS_ENV:-production}"
export RUBYOPT="-I$PWD/ruby -rstdsync"
export TMPDIR="$PWD/tmp"
mkdir ruby
echo "\\$stdout.sync = true" >> ./ruby/stdsync.rb
if [ -f "$PWD/app/config/database.yml" ] ; then
  cd app && ${run} -S rake db:migrate --trace >> ../logs/migration.log 2>> ../logs/migration.log && cd ..;
fi
if [ -n "$VCAP_CONSOLE_PORT" ]; then
  cd app
  ${run} -S rails console >> ../logs/console.log 2>> ../logs/console.log &
  CONSOLE_STARTED=$!
  echo "$CONSOLE_STARTED" >> ../console.pid
  cd ..
fi
DROPLET_BASE_DIR=$PWD
cd app
${run} -S thin -R config.ru $@ start ${logs}
STARTED=$!
echo "$STARTED" >> $DROPLET_BASE_DIR/run.pid
wait $STARTED
`;

const stop = `#!/bin/bash
export TMPDIR="$PWD/tmp"
APP_PID=$1
APP_PPID=\`ps -o ppid= -p $APP_PID\`
kill -9 $APP_PID
kill -9 $APP_PPID
SCRIPT=$(readlink -f "$0")
SCRIPTPATH=\`dirname "$SCRIPT"\`
CONSOLE_PID=\`head -1 $SCRIPTPATH/console.pid\`
kill -9 $CONSOLE_PID
`;

describe('a Rails app', (it) => {
  it('starts with thin when it has no Gemfile.lock, and its stop ends the console too', async (scope) => {
    const scripts = await scriptsOf(scope, {});

    assert.is(scripts.startup, plain);
    assert.is(scripts.stop, stop);
  });

  it('starts with its gems when it has a Gemfile.lock', async (scope) => {
    const { startup, droplet } = await scriptsOf(scope, { 'Gemfile.lock': 'GEM\n  specs:\n    rails (3.2.1)\n' });

    const lines = startup.split('\n');
    assert.equal(lines.slice(1, 8), [
      'export DISABLE_AUTO_CONFIG="mysql:postgresql"',
      'export GEM_HOME="$PWD/app/rubygems/ruby/1.9.1"',
      'export GEM_PATH="$PWD/app/rubygems/ruby/1.9.1"',
      'export PATH="$PWD/app/rubygems/ruby/1.9.1/bin:$PATH"',
      `export RAILS_ENV="\${RAILS_ENV:-production}"`,
      'export RUBYOPT="-I$PWD/ruby -rstdsync"',
      'export TMPDIR="$PWD/tmp"',
    ]);
    assert.ok(lines.includes(`${run} ${gems}/bundle exec ${run} ${gems}/rails server $@ ${logs}`));
    for (const name of ['bundle', 'rails', 'rake', 'thin']) {
      assert.match(readFileSync(join(droplet, 'app', gems, name), 'utf8'), /^#!\/usr\/bin\/env ruby\n/);
    }
  });

  it('is served by thin when that is one of its gems', async (scope) => {
    const { startup } = await scriptsOf(scope, { 'Gemfile.lock': 'GEM\n  specs:\n    thin (1.3.1)\n' });

    assert.match(startup, `${gems}/rails server thin $@ >`);
  });

  it('migrates its database unless it says otherwise', async (scope) => {
    const silent = await scriptsOf(scope, { 'config/cloudfoundry.yml': 'dbmigrate: false # by hand\n' });
    const asked = await scriptsOf(scope, { 'config/cloudfoundry.yml': 'dbmigrate: true\n' });

    assert.not.match(silent.startup, 'db:migrate');
    assert.match(asked.startup, 'db:migrate');
  });
});
