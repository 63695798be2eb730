import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { crontabLine, noServiceManager } from '#cli/service/without-manager.ts';
import { exitCodeOf } from '#ground/errors.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { planWith } from './a-plan.ts';

describe('a machine without a service manager', (it) => {
  it('gets a line for cron instead', () => {
    const error = noServiceManager(planWith({ options: ['--port', '80'] }));

    assert.is(exitCodeOf(error), 4);
    assert.is(error.message, 'systemd does not run this machine, so there is nothing to install a service with.');
    assert.is(
      error.remedy.split('\n')[1],
      '@reboot mkdir -p /home/pi/.localpaas/logs && PATH=/usr/bin:/bin LOCALPAAS_HOME=/home/pi/.localpaas exec /usr/local/bin/localpaas up --port 80 >/home/pi/.localpaas/logs/boot.log 2>&1',
    );
  });

  it('and nothing else when nothing is to be installed', () => {
    assert.is(noServiceManager(undefined).remedy.split('\n')[0], 'Where there is no systemd there is no service.');
  });

  it('starts what it names, whatever that is called', async (scope) => {
    const directory = join(await scratchDirectory(scope), `50% of "$HOME" isn't $5;`);
    const [program, home] = [join(directory, 'local paas'), join(directory, 'home')];
    await mkdir(directory);
    await writeFile(program, '#!/bin/sh\nprintf "%s|" "$LOCALPAAS_HOME" "$@"\n');
    await chmod(program, 0o755);
    const environment = { PATH: '/usr/bin:/bin', LOCALPAAS_HOME: home };

    const line = crontabLine({ program: [program], options: ['--domain', 'a%b'], home, environment });
    // As crontab(5) has it: a percent sign that nothing stands before would be the end of the command.
    assert.not.match(line, /[^\\]%/);
    execFileSync('/bin/sh', ['-c', line.replace(/^@reboot /, '').replaceAll('\\%', '%')]);

    assert.is(await readFile(join(home, 'logs', 'boot.log'), 'utf8'), `${home}|up|--domain|a%b|`);
  });
});
