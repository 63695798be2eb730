import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { runCli } from '../run-cli.ts';

describe('service', (it) => {
  it('refuses what it cannot do', async () => {
    const { exitCode, messages } = await runCli(['service', 'instal']);

    assert.is(exitCode, 2);
    assert.match(messages, /`localpaas service` cannot instal\./);
    assert.match(messages, /Say one of install, uninstall, status\./);
  });

  it('refuses options of an installation for anything else', async () => {
    const cases: [args: string[], option: string][] = [
      [['status', '--port', '80'], '--port'],
      [['uninstall', '--run-as', 'pi'], '--run-as'],
      [['status', '--no-sandbox'], '--no-sandbox'],
    ];
    for (const [args, option] of cases) {
      const { exitCode, messages } = await runCli(['service', ...args]);

      assert.is(exitCode, 2);
      assert.match(messages, `${option} is for \`localpaas service install\` only.`);
    }
  });
});
