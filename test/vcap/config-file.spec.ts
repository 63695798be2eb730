import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { configPathOf, readConfigFile } from '#vcap/config-file.ts';
import { config } from '#vcap/config-rules.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const rule = config.record({ secure: config.yesOrNo, names: config.optional(config.list(config.text)) });

async function write(scope: Scope, text: string): Promise<string> {
  const path = join(await scratchDirectory(scope), 'dea.yml');
  await writeFile(path, text);
  return path;
}

describe('a configuration file of 2012', (it) => {
  it('is YAML 1.1, where words are truth values', async (scope) => {
    assert.equal(await readConfigFile(await write(scope, '---\nsecure: yes\nnames: [a]\nx: 1\n'), rule), {
      secure: true,
      names: ['a'],
      x: 1,
    });
    assert.is((await readConfigFile(await write(scope, 'secure: off\n'), rule)).secure, false);
  });

  it('says the reason when it cannot be loaded, and the keys when it is not valid', async (scope) => {
    const directory = await scratchDirectory(scope);
    const missing = join(directory, 'dea.yml');
    const twice = await write(scope, 'secure: true\nsecure: false\n');
    const empty = await write(scope, '');
    const said = async (path: string) => (await thrownBy(() => readConfigFile(path, rule))).message;

    const failed = (path: string) => `ERROR: Failed loading config from file '${path}': `;
    assert.is(await said(missing), `${failed(missing)}No such file or directory - ${missing}`);
    assert.is(await said(directory), `${failed(directory)}Is a directory - ${directory}`);
    assert.is(await said(join(twice, 'x')), `${failed(join(twice, 'x'))}Not a directory - ${join(twice, 'x')}`);
    assert.match(await said(twice), `${failed(twice)}This is not YAML: Map keys must be unique`);
    const problem = 'ERROR: There was a problem validating the supplied config: ';
    assert.is(await said(empty), `${problem}Expected instance of Hash, given instance of NilClass`);
    assert.is(await said(await write(scope, 'names: []\n')), `${problem}{ secure => Missing key }`);
  });

  it('is the one that is named, or else that of the directory of all', () => {
    const env = { CLOUD_FOUNDRY_CONFIG_PATH: '/etc/vcap/' };

    assert.is(configPathOf('mine.yml', 'dea.yml', env), 'mine.yml');
    assert.is(configPathOf(undefined, 'dea.yml', env), '/etc/vcap/dea.yml');
    assert.is(configPathOf(undefined, 'dea.yml', {}), undefined);
    assert.is(configPathOf(undefined, 'dea.yml', { CLOUD_FOUNDRY_CONFIG_PATH: '' }), undefined);
  });
});
