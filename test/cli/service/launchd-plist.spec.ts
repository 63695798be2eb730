import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { launchdPlist } from '#cli/service/launchd-plist.ts';
import { describe } from '../../support/spec.ts';
import { planWith } from './a-plan.ts';

/** What a strict reader of property lists, Python's, makes of it. */
function readPlist(plist: string): unknown {
  const script = 'import sys, plistlib, json; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)';
  return JSON.parse(execFileSync('python3', ['-c', script], { input: plist, encoding: 'utf8' }));
}

const account = { name: 'ada', uid: 501, gid: 20, home: '/Users/ada', shell: '/bin/zsh' };
const environment = { PATH: '/opt/homebrew/bin:/usr/bin', LOCALPAAS_HOME: '/Users/ada/.localpaas' };

describe('launchd plist', (it) => {
  it('of the machine runs as an ordinary user from boot on, again after a crash, not after a stop', () => {
    const plan = planWith({ account, environment, options: ['--port', '9000'] });

    assert.equal(readPlist(launchdPlist(plan)), {
      Label: 'localpaas',
      ProgramArguments: ['/usr/local/bin/localpaas', 'up', '--port', '9000'],
      EnvironmentVariables: { HOME: '/Users/ada', USER: 'ada', LOGNAME: 'ada', ...environment },
      UserName: 'ada',
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 5,
      AbandonProcessGroup: true,
      ExitTimeOut: 60,
      ProcessType: 'Interactive',
      StandardOutPath: '/Users/ada/Library/Logs/localpaas.log',
      StandardErrorPath: '/Users/ada/Library/Logs/localpaas.log',
    });
  });

  it('of a user names no user', () => {
    const plist = readPlist(launchdPlist(planWith({ scope: 'user', account, environment })));

    assert.not.ok(Object.hasOwn(plist as object, 'UserName'));
  });

  it('survives any path', () => {
    const odd = `/Users/ada/a "b" & <c> ]]> 'd' %h $HOME ü`;

    const plist = readPlist(launchdPlist(planWith({ account, program: [odd], environment: { LOCALPAAS_HOME: odd } })));

    const { ProgramArguments, EnvironmentVariables } = plist as {
      ProgramArguments: string[];
      EnvironmentVariables: Record<string, string>;
    };
    assert.equal(ProgramArguments, [odd, 'up']);
    assert.is(EnvironmentVariables['LOCALPAAS_HOME'], odd);
  });
});
