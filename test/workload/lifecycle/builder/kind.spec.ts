import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { xxhash64 } from '#workload/lifecycle/builder/xxhash64.ts';
import { runCommand } from '../../../support/localpaas.ts';
import { describe } from '../../../support/spec.ts';
import {
  addApp,
  addBuildpack,
  addToys,
  build,
  emptyPlace,
  fixtures,
  git,
  listing,
  readResult,
  recordedEnv,
  writeFiles,
} from './a-build.ts';

const detect = '#!/usr/bin/env bash\necho Kind\n';

describe("where the builder is kinder than Diego's", (it) => {
  it('runs in the app, with both names of the stack, and with what the user set as files', async (scope) => {
    const place = await emptyPlace(scope);
    await addBuildpack(place, 'toy', {
      'bin/detect': detect,
      'bin/compile': '#!/usr/bin/env bash\npwd\necho "$# $STACK $CF_STACK"\n(cd "$3"; grep -r . . | sort)\n',
    });
    const built = await build(place, { env: { ...recordedEnv, COLOUR: 'blue\ngreen', VCAP_SERVICES: '{}' } });
    assert.is(built.code, 0, built.err);
    const said = [place.options.buildDir, '3 cflinuxfs3 cflinuxfs3', './COLOUR:blue', './COLOUR:green', ''];
    assert.equal(
      built.out.split('\n').filter((line) => !line.includes('SOURCE_DATE')),
      said,
    );
  });

  it("gives only what the caller calls the user's, where it does", async (scope) => {
    const place = await emptyPlace(scope);
    await addBuildpack(place, 'toy', {
      'bin/detect': detect,
      'bin/compile': '#!/usr/bin/env bash\ngrep -r . "$3" | sed s,.*/,,\n',
    });
    const built = await build(place, { env: { ...recordedEnv, COLOUR: 'blue' }, appEnv: { SHAPE: 'round' } });
    assert.is(built.out, 'SHAPE:round\n');
  });

  it('takes a missing release for an empty one', async (scope) => {
    const place = await emptyPlace(scope);
    await addBuildpack(place, 'toy', { 'bin/detect': detect, 'bin/compile': '#!/usr/bin/env bash\n' });
    await writeFile(join(place.options.buildDir, 'Procfile'), 'web: ./run\n');
    const built = await build(place);
    assert.is(built.staged?.startCommand, './run');
    const strict = await build({ ...place, options: { ...place.options, strict: true } });
    assert.is(strict.code, 224);
    assert.match(
      strict.err,
      /^Failed to build droplet release: fork\/exec \S+\/bin\/release: no such file or directory\n$/,
    );
  });

  it('hands default variables on, and says which add-ons nobody provides', async (scope) => {
    const place = await emptyPlace(scope);
    const release = [
      'addons: [heroku-postgresql]',
      'config_vars: { RACK_ENV: production, PORT: 0x50, QUOTED: "it\'s", "not a name": x, DEEP: [x] }',
      'runtime: { name: ruby, constraint: ~> 3.1 }',
    ];
    await addBuildpack(place, 'toy', {
      'bin/detect': detect,
      'bin/compile': '#!/usr/bin/env bash\n',
      'bin/release': `#!/usr/bin/env bash\ncat <<'YAML'\n${release.join('\n')}\nYAML\n`,
    });
    let profile = '';
    const built = await build(place, {
      finish: async ({ directory }) => {
        profile = await readFile(join(directory, 'profile.d', '000_config_vars.sh'), 'utf8');
      },
    });
    assert.equal(built.staged?.configVars, { RACK_ENV: 'production', PORT: '0x50', QUOTED: "it's" });
    assert.equal(built.staged?.runtime, { name: 'ruby', constraint: '~> 3.1' });
    assert.match(profile, `[ -n "\${QUOTED-}" ] || export QUOTED='it'\\''s'\n`);
    assert.match(built.err, 'add-ons that nobody provides here: heroku-postgresql\n');
  });

  it('lets buildpacks write into themselves, and gives what they export to those behind them', async (scope) => {
    const place = await emptyPlace(scope, { order: ['first', 'toy'], skipDetect: true });
    const first = await addBuildpack(place, 'first', {
      'bin/supply': '#!/usr/bin/env bash\necho "export TOOL=sharp PATH=/own/bin:$PATH" > "$(dirname "$0")/../export"\n',
    });
    await addBuildpack(place, 'toy', {
      'bin/compile': '#!/usr/bin/env bash\necho "$TOOL $PATH"\ntouch "$(dirname "$0")/made"\n',
      'bin/release':
        '#!/usr/bin/env bash\n[ -e "$(dirname "$0")/made" ] && echo "default_process_types: { web: $TOOL }"\n',
    });
    const built = await build(place);
    assert.is(built.out, `sharp /own/bin:${recordedEnv['PATH']}\n`, built.err);
    assert.is(built.staged?.startCommand, 'sharp');
    assert.not.ok(existsSync(join(first, 'export')));
  });

  it('reads a Procfile that is no YAML as Heroku does', async (scope) => {
    const place = await emptyPlace(scope);
    await addToys(place, ['toy']);
    const lines = ['# comment', 'web: run --title "a: b" # not a comment', 'worker:  ruby -e "p: 1"  ', ''];
    await writeFile(join(place.options.buildDir, 'Procfile'), lines.join('\r\n'));
    const { staged } = await build(place);
    assert.is(staged?.startCommand, 'run --title "a: b" # not a comment');
    await writeFile(join(place.options.buildDir, 'Procfile'), 'web: a: b\nnonsense\n');
    const bad = await build(place);
    assert.is(bad.code, 1);
    assert.match(bad.err, 'Failed to read command from Procfile: invalid YAML\n');
  });

  it('finds launch.yml of ten buildpacks and more, and after detection', async (scope) => {
    const names = Array.from({ length: 10 }, (_, index) => `pack${index}`);
    const place = await emptyPlace(scope, { order: names, skipDetect: true });
    const write = 'printf "processes: [{type: p$4, command: run}]" > "$3/$4/launch.yml"\n';
    for (const name of names) {
      await addBuildpack(place, name, {
        'bin/detect': '#!/usr/bin/env bash\nexit 0\n',
        'bin/supply': `#!/usr/bin/env bash\n${write}`,
        'bin/finalize': '#!/usr/bin/env bash\n',
      });
    }
    const { staged, err } = await build(place);
    assert.equal(
      staged?.processes.map(({ type }) => type),
      names.map((_, index) => `p0${index}`),
      err,
    );
    const detected = await build({ ...place, options: { ...place.options, skipDetect: false } });
    assert.equal(detected.staged?.processes, [{ type: 'p0', command: 'run' }]);
  });

  it('gives the same droplet for the same source, which another user can read', async (scope) => {
    const droplets: Buffer[] = [];
    for (const mode of [0o700, 0o755]) {
      const place = await emptyPlace(scope);
      await addApp(place, 'tiny');
      await chmod(place.options.buildDir, mode);
      await makeOld(place.options.buildDir);
      await addToys(place, ['toy-sf']);
      await build({ ...place, options: { ...place.options, order: ['toy-sf'] } });
      droplets.push(await readFile(place.options.outputDroplet));
      const entries = await listing(place.options.outputDroplet);
      for (const name of ['./', './app/']) assert.ok(entries.includes(`drwxr-xr-x 0/0 0 ${name}`), entries.join('\n'));
    }
    assert.ok(droplets[0]?.equals(droplets[1] ?? Buffer.alloc(0)));
  });

  it('clones a commit, and the same address again', async (scope) => {
    const place = await emptyPlace(scope, { skipDetect: true });
    const work = join(place.directory, 'work');
    await writeFiles(work, { 'bin/compile': '#!/usr/bin/env bash\necho first\n' });
    await git(work, 'init', '--quiet');
    await git(work, 'add', '.');
    await git(work, 'commit', '--quiet', '-m', 'first');
    const commit = (await readFile(join(work, '.git', 'refs', 'heads', 'main'), 'utf8')).trim();
    await writeFiles(work, { 'bin/compile': '#!/usr/bin/env bash\necho second\n' });
    await git(work, 'commit', '--quiet', '-a', '-m', 'second');
    const at = (revision: string) => ({
      ...place,
      options: { ...place.options, order: [`file://${work}${revision}`] },
    });
    assert.is((await build(at(`#${commit}`))).out, 'first\n');
    assert.is((await build(at(`#${commit.slice(0, 10)}`))).out, 'first\n');
    assert.is((await build(at(''))).out, 'second\n');
    assert.is((await build(at(''))).out, 'second\n');
  });

  it('asks the caller first where a buildpack lies', async (scope) => {
    const place = await emptyPlace(scope, { order: ['builtin'] });
    const { staged } = await build(place, {
      locate: (key) => (key === 'builtin' ? join(fixtures, 'buildpacks', 'toy') : undefined),
    });
    assert.is(staged?.detectedBuildpack, 'Toy Node 1.0');
  });

  it('keeps the cache of the buildpacks that are used, and no other', async (scope) => {
    const place = await emptyPlace(scope, { order: ['toy-supply', 'toy'], skipDetect: true });
    await addToys(place, ['toy-supply', 'toy']);
    await mkdir(join(place.options.cacheDir, xxhash64('gone')), { recursive: true });
    await writeFile(join(place.options.cacheDir, xxhash64('gone'), 'file'), '');
    assert.match((await build(place)).out, 'cache count now 1');
    assert.match((await build(place)).out, 'cache count now 2');
    const names = (await listing(join(place.directory, 'output-cache'))).map((line) => line.split(' ').at(-1));
    assert.equal(names.sort(), ['./', './a3da9d7f05b62e0c/', './final/', './final/count']);
  });

  it('records what config.yml says of version, entrypoint and more', async (scope) => {
    const place = await emptyPlace(scope);
    const config = ['name: Fine', 'version: 1.10', 'config: { entrypoint_prefix: "wrap --" }'];
    const metadata = ['output_metadata: { runtime: { name: node, constraint: ">=18" }, deep: [1, true] }'];
    await addBuildpack(place, 'toy', {
      'bin/detect': detect,
      'bin/finalize': `#!/usr/bin/env bash\ncat > "$3/$4/config.yml" <<'Y'\n${[...config, ...metadata].join('\n')}\nY\n`,
    });
    const { staged } = await build(place);
    assert.equal(staged?.runtime, { name: 'node', constraint: '>=18' });
    assert.is(staged?.entrypointPrefix, 'wrap --');
    const { lifecycle_metadata } = (await readResult(place)) as { lifecycle_metadata: { buildpacks: object[] } };
    assert.equal(lifecycle_metadata.buildpacks, [
      {
        key: 'toy',
        name: 'Fine',
        version: '1.10',
        config: { entrypoint_prefix: 'wrap --' },
        output_metadata: { runtime: { name: 'node', constraint: '>=18' }, deep: [1, true] },
      },
    ]);
  });

  it('adds a next step to a failure on the command line, but not when strict', async (scope) => {
    const place = await emptyPlace(scope);
    const args = ['builder', '-buildpackOrder=file:///nowhere/at/all.git', `-buildDir=${place.options.buildDir}`];
    const rest = ['outputDroplet', 'outputMetadata', 'outputBuildArtifactsCache', 'buildpacksDir'].map(
      (name) => `-${name}=${place.directory}/${name}`,
    );
    const dirs = ['buildpacksDownloadDir', 'buildArtifactsCacheDir'].map(
      (name) => `-${name}=${place.directory}/${name}`,
    );
    const kind = await runCommand([...args, ...rest, ...dirs], recordedEnv);
    assert.match(kind.err, /^Failed to clone git repository at file:\/\/\/nowhere\/at\/all.git\ngit says: .*\n$/);
    const strict = await runCommand([...args, ...rest, ...dirs, '--strict-diego'], recordedEnv);
    assert.is(strict.err, 'Failed to clone git repository at file:///nowhere/at/all.git\n');
    assert.equal([kind.code, strict.code], [1, 1]);
  });
});

/** Files that were written long ago, all at the same time. */
async function makeOld(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await utimes(join(entry.path, entry.name), 1_000_000_000, 1_000_000_000);
  }
}
