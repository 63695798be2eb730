import * as assert from 'uvu/assert';
import { cliOf } from '#cli/cli.ts';
import { printInstalled, printStatus } from '#cli/service/print-service.ts';
import { notInstalled, type ServiceStatus } from '#cli/service/service-status.ts';
import { describe } from '../../support/spec.ts';
import { textSink } from '../text-sink.ts';

const commands = { stop: 'sudo systemctl stop localpaas', start: 'sudo systemctl start localpaas', logs: 'journalctl' };

const running: ServiceStatus = {
  manager: 'systemd',
  scope: 'system',
  file: '/etc/systemd/system/localpaas.service',
  user: 'pi',
  home: '/home/pi/.localpaas',
  address: '0.0.0.0:80',
  enabled: true,
  running: true,
  state: 'active (running)',
  since: new Date(2026, 10, 21, 14, 56, 7).toISOString(),
  pid: 511,
  restarts: 1,
  startsAtBoot: true,
  hint: null,
  lastLines: [],
};

/** What is printed, line by line. */
function linesOf(print: (cli: ReturnType<typeof cliOf>) => void): string[] {
  const output = textSink();
  const signal = new AbortController().signal;
  print(cliOf({ env: {}, workingDirectory: '/', input: process.stdin, output, messages: textSink(), signal }));
  return output.text().trimEnd().split('\n');
}

describe('service, printed', (it) => {
  it('says that it runs, since when, and whether it will after the next boot', () => {
    assert.equal(
      linesOf((cli) => printStatus(cli, running, commands)),
      [
        'service     runs: active (running)',
        'since       2026-11-21 14:56:07',
        'pid         511, started again 1 time',
        'at boot     starts',
        'installed   /etc/systemd/system/localpaas.service, a service of the machine',
        'runs as     pi',
        'listens at  0.0.0.0:80',
        'home        /home/pi/.localpaas',
      ],
    );
  });

  it('says why it does not run, and what to do', () => {
    const state = 'failed (failed, exit-code)';
    const lastLines = ['error  The disk is full.', '       Free some space.'];
    const hint = 'Do this and that.';
    const failed = { ...running, running: false, startsAtBoot: false, state, since: null, pid: null, lastLines, hint };

    const lines = linesOf((cli) => printStatus(cli, failed, commands));

    assert.equal(lines.slice(0, 2), [
      'service     does not run: failed (failed, exit-code)',
      'at boot     does not start',
    ]);
    assert.equal(lines.slice(6), [
      '',
      'Do this and that.',
      '',
      'Its last lines:',
      '  error  The disk is full.',
      '         Free some space.',
      '',
      '`sudo systemctl start localpaas` starts it; `journalctl` shows what it says.',
    ]);
  });

  it('says how to get one', () => {
    const lines = linesOf((cli) => printStatus(cli, notInstalled('systemd', 'user'), commands));

    assert.is(lines[0], 'localpaas is not installed as a service here.');
    assert.match(lines[1] ?? '', /`sudo localpaas service install`/);
  });

  it('says where everything is, once it is installed', () => {
    assert.equal(
      linesOf((cli) => printInstalled(cli, running, 'http://127.0.0.1:80', commands)),
      [
        'localpaas runs as a service and starts at boot.',
        '',
        'API      http://127.0.0.1:80',
        'runs as  pi, with the home /home/pi/.localpaas',
        'stop     sudo systemctl stop localpaas',
        'logs     journalctl',
        'remove   sudo localpaas service uninstall',
      ],
    );
  });
});
