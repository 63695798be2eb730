import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Account } from '#cli/service/plan.ts';
import { servicePath, terminalPathOf } from '#cli/service/search-path.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

const asOurselves = (_: Account, command: readonly string[]) => command;

describe('PATH of a service', (it) => {
  it('is what lasts of the PATH of who installs it', () => {
    const cases: [path: string | undefined, kept: string][] = [
      ['/home/pi/.nvm/versions/node/v22/bin:/usr/bin:/bin', '/home/pi/.nvm/versions/node/v22/bin:/usr/bin:/bin'],
      ['/home/pi/shop/node_modules/.bin:/usr/lib/node_modules/npm/bin/node-gyp-bin:/usr/bin', '/usr/bin'],
      ['.:bin::/usr/bin:/usr/bin', '/usr/bin'],
      ['/tmp/x:/var/tmp/y:/tmp:/tmpfiles/bin', '/tmpfiles/bin'],
      ['', '/usr/local/bin:/usr/bin:/bin'],
      [undefined, '/usr/local/bin:/usr/bin:/bin'],
    ];
    for (const [path, kept] of cases) assert.is(servicePath(path), kept);
  });

  it('is asked of the shell of another user, whose version managers only that shell knows', async (scope) => {
    const home = await scratchDirectory(scope);
    await writeFile(join(home, '.bash_profile'), 'echo welcome; . ~/.bashrc\n');
    const interactive = 'case $- in *i*) ;; *) return ;; esac\n';
    await writeFile(join(home, '.bashrc'), `${interactive}PATH="$HOME/.pyenv/shims:$PATH"; printf 'no newline'\n`);
    const account = { name: 'pi', uid: 1, gid: 1, home, shell: '/bin/bash' };

    const path = await terminalPathOf(account, asOurselves);

    assert.match(path ?? '', new RegExp(`^${home}/\\.pyenv/shims:/`));
  });

  it('is not to be had from a shell that logs nobody in', async (scope) => {
    const home = await scratchDirectory(scope);
    for (const shell of ['/usr/sbin/nologin', '/bin/false', '/nonexistent/shell', '']) {
      assert.is(await terminalPathOf({ name: 'daemon', uid: 1, gid: 1, home, shell }, asOurselves), undefined, shell);
    }
  });
});
