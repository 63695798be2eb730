import * as assert from 'uvu/assert';
import { installedIn, serviceUnit, socketUnit } from '#cli/service/systemd-units.ts';
import { describe } from '../../support/spec.ts';
import { planWith } from './a-plan.ts';

const account = { name: 'pi', uid: 1000, gid: 1000, home: '/home/pi', shell: '/bin/bash' };

/** The settings of a unit, without comments. */
function settingsOf(unit: string): string[] {
  return unit.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function valuesOf(unit: string, name: string): string[] {
  const begin = `${name}=`;
  return settingsOf(unit).flatMap((line) => (line.startsWith(begin) ? [line.slice(begin.length)] : []));
}

describe('service unit', (it) => {
  it('of the machine is all this', () => {
    const unit = serviceUnit(planWith({ options: ['--port', '80', '--domain', 'pi.local'], port: 80 }));

    assert.equal(settingsOf(unit), [
      '[Unit]',
      'Description=localpaas: the platform and its apps',
      'Requires=localpaas.socket',
      'After=localpaas.socket network.target',
      'RequiresMountsFor=/home/pi/.localpaas /usr/local/bin/localpaas',
      'StartLimitIntervalSec=120',
      'StartLimitBurst=10',
      '[Service]',
      'Type=exec',
      'User=pi',
      'Environment=PATH=/usr/bin:/bin',
      'Environment=LOCALPAAS_HOME=/home/pi/.localpaas',
      'ExecStart=/usr/local/bin/localpaas up --port 80 --domain pi.local',
      "ExecStop=-+/bin/sh -c 'systemctl --no-block --job-mode=fail stop localpaas.socket 2>/dev/null'",
      'KillMode=process',
      'OOMPolicy=continue',
      'TimeoutStopSec=60',
      'Restart=on-failure',
      'RestartSec=500ms',
      'RestartForceExitStatus=75',
      'RestartPreventExitStatus=2',
      'SuccessExitStatus=129 130 143',
      'TasksMax=33%',
      'SyslogIdentifier=localpaas',
      'NoNewPrivileges=yes',
      'RestrictSUIDSGID=yes',
      'RestrictRealtime=yes',
      'LockPersonality=yes',
      'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_BLUETOOTH AF_CAN',
      'SystemCallFilter=@system-service',
      'SystemCallFilter=@mount seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self',
      'SystemCallFilter=@pkey',
      'SystemCallErrorNumber=EPERM',
      'SystemCallArchitectures=native',
      'CapabilityBoundingSet=',
      'ProtectSystem=full',
      'ProtectKernelModules=yes',
      'ProtectControlGroups=yes',
      '[Install]',
      'WantedBy=multi-user.target',
      '[X-Localpaas]',
      'Installed={"user":"pi","home":"/home/pi/.localpaas","listen":"127.0.0.1","port":80,"busPort":4222}',
    ]);
  });

  it('of a user has nothing which takes rights that its systemd does not have', () => {
    const unit = serviceUnit(planWith({ scope: 'user' }));

    for (const name of [
      'User',
      'CapabilityBoundingSet',
      'ProtectSystem',
      'ProtectKernelModules',
      'RequiresMountsFor',
    ]) {
      assert.equal(valuesOf(unit, name), [], name);
    }
    assert.equal(valuesOf(unit, 'NoNewPrivileges'), ['yes']);
    assert.equal(valuesOf(unit, 'After'), ['localpaas.socket']);
    assert.equal(valuesOf(unit, 'WantedBy'), ['default.target']);
    assert.match(
      valuesOf(unit, 'ExecStop')[0] ?? '',
      /^-\/bin\/sh -c 'systemctl --user --no-block --job-mode=fail stop /,
    );
  });

  it('without confinement restricts nothing', () => {
    const unit = serviceUnit(planWith({ isConfined: false }));

    assert.equal(valuesOf(unit, 'NoNewPrivileges'), []);
    assert.equal(valuesOf(unit, 'SystemCallFilter'), []);
    assert.equal(valuesOf(unit, 'ExecStart'), ['/usr/local/bin/localpaas up']);
  });

  it('survives any path', () => {
    const odd = `/srv/a b/50% "$HOME" isn't \\ $5;x`;
    const program = [`${odd}/node`, `${odd}/localpaas.cjs`];
    const unit = serviceUnit(planWith({ program, home: odd, environment: { LOCALPAAS_HOME: odd } }));

    const word = `/srv/a b/50%% \\"$HOME\\" isn't \\\\ $5;x`;
    const argument = `/srv/a b/50%% \\"$$HOME\\" isn't \\\\ $$5;x`;
    const shell = `/bin/sh -c "exec \\"$$0\\" \\"$$@\\""`;
    assert.equal(valuesOf(unit, 'ExecStart'), [`${shell} "${argument}/node" "${argument}/localpaas.cjs" up`]);
    assert.equal(valuesOf(unit, 'Environment'), [`"LOCALPAAS_HOME=${word}"`]);
    assert.equal(valuesOf(unit, 'RequiresMountsFor'), [`"${word}" "${word}/node" "${word}/localpaas.cjs"`]);
    assert.is(installedIn(unit)?.home, odd);
  });

  it('leaves a home writable that lies where the system is read-only', () => {
    const homes: [home: string, writable: string[]][] = [
      ['/home/pi/.localpaas', []],
      ['/usr/local/var/paas', ['/usr/local/var/paas']],
      ['/etc/paas', ['/etc/paas']],
      ['/usrlocal/paas', []],
    ];
    for (const [home, writable] of homes) {
      assert.equal(valuesOf(serviceUnit(planWith({ home })), 'ReadWritePaths'), writable, home);
    }
  });

  it('tells whose it is, and no other file does', () => {
    const plan = planWith({ account: { ...account, name: 'paas' }, listen: '0.0.0.0', port: 80, busPort: 0 });

    const installed = { user: 'paas', home: '/home/pi/.localpaas', listen: '0.0.0.0', port: 80, busPort: 0 };
    assert.equal(installedIn(serviceUnit(plan)), installed);
    for (const text of [
      '',
      '[Service]\nExecStart=/bin/true\n',
      '[X-Localpaas]\nInstalled={"user":1}\n',
      '[X-Localpaas]\nInstalled={',
    ]) {
      assert.is(installedIn(text), undefined);
    }
  });
});

describe('socket unit', (it) => {
  it('holds the port of the router', () => {
    const unit = socketUnit(planWith({ listen: '0.0.0.0', port: 80 }));

    assert.equal(settingsOf(unit), [
      '[Unit]',
      "Description=localpaas: the router's port",
      '[Socket]',
      'ListenStream=0.0.0.0:80',
      'Backlog=4096',
      'FreeBind=yes',
      '[Install]',
      'WantedBy=sockets.target',
    ]);
    assert.equal(valuesOf(socketUnit(planWith({ listen: '::1' })), 'ListenStream'), ['[::1]:8080']);
  });
});
