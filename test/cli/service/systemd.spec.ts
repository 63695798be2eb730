import * as assert from 'uvu/assert';
import { stateIn, unitIn, unitOf } from '#cli/service/systemd.ts';
import { describe } from '../../support/spec.ts';

describe('systemd', (it) => {
  it('is understood in what it shows of a unit', () => {
    const running = `Type=exec
MainPID=511
NRestarts=2
Result=success
ActiveState=active
SubState=running
UnitFileState=enabled
ActiveEnterTimestamp=Sat 2026-11-21 14:56:07 UTC
ExecMainStartTimestamp=Sat 2026-11-21 14:56:06 UTC
`;
    assert.equal(stateIn(running), {
      active: 'active',
      sub: 'running',
      result: 'success',
      pid: 511,
      restarts: 2,
      isEnabled: true,
      since: new Date('2026-11-21T14:56:07Z'),
      lastStart: new Date('2026-11-21T14:56:06Z'),
    });
    const failed = stateIn(
      'MainPID=0\nResult=exit-code\nActiveState=failed\nSubState=failed\nActiveEnterTimestamp=Sat 2026-11-21 14:56:07 UTC\n',
    );
    assert.equal([failed.active, failed.result, failed.pid, failed.since], ['failed', 'exit-code', 0, null]);
  });

  it('knows nothing of a unit it cannot be asked about', () => {
    const { active, sub, result, pid, isEnabled } = stateIn('');

    assert.equal(
      { active, sub, result, pid, isEnabled },
      {
        active: 'inactive',
        sub: 'dead',
        result: 'success',
        pid: 0,
        isEnabled: false,
      },
    );
  });

  it('tells by the control group which service a process belongs to', async () => {
    const cases: [cgroups: string, unit: object | undefined][] = [
      ['0::/system.slice/localpaas.service\n', { scope: 'system', unit: 'localpaas.service' }],
      [
        '0::/user.slice/user-1000.slice/user@1000.service/app.slice/localpaas.service\n',
        { scope: 'user', unit: 'localpaas.service' },
      ],
      ['0::/user.slice/user-1000.slice/session-3.scope\n', undefined],
      ['0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-terminal.scope\n', undefined],
      [
        '12:memory:/system.slice/other.service\n1:name=systemd:/system.slice/localpaas.service\n0::/\n',
        { scope: 'system', unit: 'localpaas.service' },
      ],
      ['0::/\n', undefined],
      ['', undefined],
    ];
    for (const [cgroups, unit] of cases) assert.equal(unitIn(cgroups), unit, cgroups);
    assert.is(await unitOf(2 ** 30), undefined);
  });
});
