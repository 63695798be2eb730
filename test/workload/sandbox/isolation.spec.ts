import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { type Isolated, isolationFor, isolationHere, type NotIsolated } from '#workload/sandbox/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** What Node prints for a script of this directory that somebody else runs; `undefined` where they cannot. */
async function ranAs(who: readonly string[], script: string, scope: Scope): Promise<string | undefined> {
  const home = await scratchDirectory(scope);
  await chmod(home, 0o777);
  const [program = '', ...args] = [...who, process.execPath, '--import', 'tsx', join(import.meta.dirname, script)];
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: home };
  const ended = await run(program, args, { env }).catch((error: { stdout: string; stderr: string }) => error);
  // This checkout may be closed to others, and so may be namespaces.
  return /EACCES|permission denied|not permitted|Cannot find/i.test(ended.stderr) ? undefined : ended.stdout;
}

async function isolationOf(who: readonly string[], scope: Scope): Promise<Isolated | NotIsolated | undefined> {
  const said = await ranAs(who, 'which-sandbox.ts', scope);
  return said === undefined ? undefined : JSON.parse(said);
}

describe(
  'the isolation of a machine',
  (it) => {
    it('is found out once', async () => {
      assert.is(isolationHere(), isolationHere());
    });

    it(
      'holds for an ordinary user as it does for root, where it is to be had',
      async (scope) => {
        if (!isRoot) return;
        const found = await isolationOf(asNobody, scope);
        if (found === undefined) return;
        if (found.level === 0) {
          assert.match(found.reason, /^No sandbox can be made here \(bubblewrap: .+; unshare: .+\)\.$/);
          return;
        }
        const said = await ranAs(asNobody, 'sandbox.spec.ts', scope);
        assert.match(said ?? '', /Passed:\s+[1-9]/);
        assert.not.match(said ?? '', 'FAIL');
      },
      { timeoutMs: 180_000 },
    );

    it('is none where the kernel lets users make no namespaces, and that is said with what allows it', async (scope) => {
      const asUser = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--keep-caps'];
      const forbid =
        'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps=-all --inh-caps=-all "$@"';
      const found = await isolationOf([...asUser, 'bash', '-c', forbid, 'bash'], scope);
      if (found === undefined) return;
      assert.is(found.level, 0);
      assert.match((found as NotIsolated).reason, /^No sandbox can be made here \(bubblewrap: .+; unshare: .+\)\.$/);
      assert.match((found as NotIsolated).remedy, 'sudo sysctl -w user.max_user_namespaces=');
    });

    it('is none for a root that is not root enough, as in many containers', async (scope) => {
      if (!isRoot) return;
      const found = await isolationOf(['setpriv', '--bounding-set=-sys_admin'], scope);
      if (found === undefined) return;
      assert.is(found.level, 0);
      assert.match((found as NotIsolated).remedy, 'CAP_SYS_ADMIN');
    });

    it('can be switched off, and required', async () => {
      const off = await isolationFor({ isolation: 'none', requireIsolation: 0 });
      assert.is(off.level, 0);
      const none = await thrownBy(() => isolationFor({ isolation: 'none', requireIsolation: 2 }));
      assert.match(none.message, 'Level 2 of isolation is required, and staging has level 0 here. It is switched off');
      const more = await thrownBy(() => isolationFor({ isolation: 'auto', requireIsolation: 3 }));
      assert.match(more.message, 'Level 3 of isolation is required');
    });
  },
  { timeoutMs: 120_000 },
);
