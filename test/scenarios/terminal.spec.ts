import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { homeOf, readPlatformRecord } from '#assembly/home.ts';
import { identityOf, isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { firstInstance } from '../support/instances.ts';
import { command, emptyHome, environmentOf, runCommand } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';

/** Runs a command in a terminal of its own, and closes the terminal at the end of the input. */
const inTerminal = `
import os, pty, sys, threading
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
def read():
    try:
        while os.read(terminal, 65536): pass
    except OSError: pass
threading.Thread(target=read, daemon=True).start()
sys.stdin.read()
os._exit(0)
`;

describe('a terminal that is closed', (it) => {
  for (const isUpgraded of [false, true]) {
    it(
      `stops the platform in it and its apps${isUpgraded ? ', also after it was started anew' : ''}`,
      async (scope) => {
        const home = await emptyHome(scope);
        const env = await environmentOf(home);
        const [program, ...args] = command();
        const up = [program, ...args, 'up', '--port', '0', '--bus-port', '0'];
        const terminal = spawn('python3', ['-c', inTerminal, ...up], { env, stdio: ['pipe', 'ignore', 'pipe'] });
        const said = text(terminal.stderr);
        scope.defer(() => void terminal.kill('SIGKILL'));
        const record = () => readPlatformRecord(homeOf(home, {}));
        const first = await waitFor('the platform', record, { limitMs: 20_000 });
        const ok = async (each: readonly string[]) => {
          const { code, out, err } = await runCommand(each, env);
          assert.is(code, 0, err);
          return out;
        };
        await ok(['push', 'sample-apps/hello-node']);
        if (isUpgraded) await ok(['upgrade', '--restart']);
        const { pid } = await firstInstance({ ok }, 'hello-node');
        const platform = await record();

        terminal.stdin.end();
        await once(terminal, 'exit');

        assert.is(await said, '');
        assert.ok(platform);
        for (const each of [platform, first]) {
          const gone = async () => ((await isAlive(each)) ? undefined : true);
          await waitFor('the end of the platform', gone, { limitMs: 15_000 });
        }
        assert.is(await identityOf(pid), undefined);
      },
      { timeoutMs: 120_000 },
    );
  }
});
