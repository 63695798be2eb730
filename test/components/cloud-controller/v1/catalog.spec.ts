import { appendFile, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Catalog, readCatalog } from '#components/cloud-controller/v1/catalog.ts';
import { parseYaml } from '#ground/yaml.ts';
import { readStackFiles } from '#workload/lifecycle/stack-files.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';

type Table = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

async function stackFile(...path: string[]): Promise<Table[string]> {
  return parseYaml(await readFile(join('stacks', ...path), 'utf8')) as Table[string];
}

/** The manifests by name, with the names of their runtimes, the default first. */
async function manifests() {
  const found = await Promise.all((await readdir('stacks/manifests')).map((file) => stackFile('manifests', file)));
  return found.map(({ name, runtimes, detection }) => {
    const listed = (runtimes as Readonly<Record<string, { default: boolean }>>[]).flatMap((each) =>
      Object.entries(each),
    );
    const isDefault = ([, { default: first }]: (typeof listed)[number]) => first;
    const byDefault = [...listed.filter(isDefault), ...listed.filter((each) => !isDefault(each))];
    return { name: String(name), runtimes: byDefault.map(([runtime]) => runtime), detection };
  });
}

describe('frameworks and runtimes in the API of 2012', (it) => {
  it('are those of the manifests', async () => {
    const catalog = await readCatalog();
    const told = catalog.frameworksView() as Table;

    for (const { name, runtimes, detection } of await manifests()) {
      const names = (told[name]?.['runtimes'] as { name: string }[] | undefined)?.map((each) => each.name);
      assert.equal(
        name === 'standalone' ? names?.sort() : names,
        name === 'standalone' ? runtimes.sort() : runtimes,
        name,
      );
      assert.equal(told[name]?.['detection'], detection, name);
      if (name !== 'standalone') assert.is(catalog.defaultRuntimeOf(name), runtimes[0], name);
    }
    assert.is(Object.keys(told).length, (await manifests()).length);
  });

  it('have the versions of the manifests', async () => {
    const told = (await readCatalog()).runtimesView() as Table;
    const written = (await stackFile('runtimes.yml')) as Table;

    assert.equal(
      Object.entries(told)
        .map(([name, { version }]) => [name, version])
        .sort(),
      Object.entries(written)
        .map(([name, { version }]) => [name, version])
        .sort(),
    );
  });

  it('are others when somebody edited them', async (scope) => {
    const directory = await scratchDirectory(scope);
    await cp('stacks', directory, { recursive: true });
    const manifest = join(directory, 'manifests', 'php.yml');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replaceAll('php:', 'php99:'));
    await appendFile(join(directory, 'runtimes.yml'), '\nphp99:\n  version: "9.9"\n  executable: php\n');

    const catalog = new Catalog(await readStackFiles(directory));

    assert.is(catalog.defaultRuntimeOf('php'), 'php99');
    assert.equal((catalog.runtimesView() as Table)['php99']?.['version'], '9.9');
    catalog.checkRuntime('php99', 'php');
    const error = await thrownBy(() => catalog.checkRuntime('ruby19', 'php'));
    assert.match(error.message, "'ruby19' is no runtime of 'php'. Known are php99.");
  });
});
