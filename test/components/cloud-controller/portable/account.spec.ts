import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readAccount, writeAccount } from '#components/cloud-controller/portable/account.ts';
import { ensureDirectory } from '#ground/files.ts';
import { startBus } from '../../../support/bus.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';
import { basic, type RunningApi, send, startCloudController } from '../start-cloud-controller.ts';

async function tokenOf({ base, admin }: RunningApi): Promise<string> {
  const headers = { authorization: basic('cf', ''), 'content-type': 'application/x-www-form-urlencoded' };
  const form = new URLSearchParams({ grant_type: 'password', username: admin.user, password: admin.password });
  return (await send(base, 'POST', '/oauth/token', { headers, body: form.toString() })).body.access_token;
}

describe('the account of a platform', (it) => {
  it('lets the same people in elsewhere, but not by the old tokens', async (scope) => {
    const old = await startCloudController(scope);
    const token = await tokenOf(old);
    assert.is((await old.ask('GET', '/v3/apps', { token })).status, 200);
    const account = await readAccount(old.dataDir);
    if (account === undefined) throw new Error('There is none.');
    const dataDir = await ensureDirectory(join(await scratchDirectory(scope), 'cloud-controller'));

    await writeAccount(dataDir, account);

    const api = await startCloudController(scope, { again: { dataDir, address: (await startBus(scope)).address } });
    assert.equal(api.admin, old.admin);
    assert.is((await api.ask('GET', '/v3/apps', { token: await tokenOf(api) })).status, 200);
    assert.is((await api.ask('GET', '/v3/apps', { token })).status, 401);
    assert.equal(api.places, old.places);
    assert.is((await stat(join(dataDir, 'identity.json'))).mode & 0o777, 0o600);
    assert.is((await stat(join(dataDir, 'admin.json'))).mode & 0o777, 0o600);
    const key = async (of: string) => JSON.parse(await readFile(join(of, 'identity.json'), 'utf8')).secret;
    assert.is.not(await key(dataDir), await key(old.dataDir));
    assert.not.match(JSON.stringify(account), new RegExp(await key(old.dataDir)));
  });

  it('is none when a file of it is missing or damaged', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    assert.is(await readAccount(dataDir), undefined);
    const { identity, admin } = {
      identity: { createdAt: '', organization: 'o', space: 's', admin: 'a', domains: {} },
      admin: { user: 'u', password: 'p' },
    };
    await writeAccount(dataDir, { identity, admin });
    assert.equal(await readAccount(dataDir), { identity, admin });
    for (const file of ['identity.json', 'admin.json']) {
      await writeAccount(dataDir, { identity, admin });
      await writeFile(join(dataDir, file), '{"user": ');
      assert.is(await readAccount(dataDir), undefined, file);
    }
  });
});
