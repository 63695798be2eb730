import { userInfo } from 'node:os';
import * as assert from 'uvu/assert';
import { accountOf, ownAccount, whoseService } from '#cli/service/account.ts';
import { toolEnvironment } from '#cli/service/run-tool.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

async function refusalOf(work: () => unknown): Promise<string> {
  const error = await thrownBy(work);
  assert.instance(error, ActionableError);
  return error instanceof ActionableError ? `${error.code} ${error.message} ${error.remedy}` : '';
}

describe('whose service it is', (it) => {
  it('is that of who asks, or for root the one who called sudo, or the one that is named', () => {
    const cases: [uid: number, runAs: string | undefined, env: Record<string, string>, whose: object][] = [
      [1000, undefined, {}, { scope: 'user', name: undefined }],
      [1000, undefined, { SUDO_USER: 'somebody' }, { scope: 'user', name: undefined }],
      [0, undefined, { SUDO_USER: 'pi' }, { scope: 'system', name: 'pi' }],
      [0, undefined, { DOAS_USER: 'pi' }, { scope: 'system', name: 'pi' }],
      [0, 'paas', { SUDO_USER: 'pi' }, { scope: 'system', name: 'paas' }],
      [0, 'paas', {}, { scope: 'system', name: 'paas' }],
    ];
    for (const [uid, runAs, env, whose] of cases) assert.equal(whoseService({ uid, runAs, env }), whose);
  });

  it('is never that of root, who has to say whose', async () => {
    for (const env of [{}, { SUDO_USER: '' }, { SUDO_USER: 'root' }]) {
      const refusal = await refusalOf(() => whoseService({ uid: 0, runAs: undefined, env }));
      assert.match(refusal, /^USAGE The platform and its apps never run as root, .*--run-as USER/);
    }
    const env = toolEnvironment(process.env);
    assert.match(await refusalOf(() => accountOf('root', env)), /^USAGE 'root' is root, .*--run-as/);
    assert.match(await refusalOf(() => accountOf('0', env)), /^USAGE '0' is root, /);
  });

  it('is not that of others for who is not root', async () => {
    const refusal = await refusalOf(() => whoseService({ uid: 1000, runAs: 'paas', env: {} }));

    assert.match(refusal, /^USAGE Only root can install .*`sudo localpaas service install --run-as paas`/);
  });
});

describe('account', (it) => {
  it('is what the user database has', async () => {
    const account = await accountOf('daemon', toolEnvironment(process.env));

    assert.is(account.name, 'daemon');
    assert.ok(account.uid > 0 && account.home.startsWith('/') && account.shell.startsWith('/'));
  });

  it('is refused when there is none', async () => {
    for (const name of ['nobody-has-this-name', '', '--help', 'a:b']) {
      assert.match(
        await refusalOf(() => accountOf(name, toolEnvironment(process.env))),
        /^USAGE This machine has no user '/,
      );
    }
  });

  it('of this process is found without asking', () => {
    const { username, uid, homedir } = userInfo();

    const { name, uid: own, home } = ownAccount();

    assert.equal({ name, own, home }, { name: username, own: uid, home: homedir });
  });
});
