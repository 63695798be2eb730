import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe } from '../../../support/spec.ts';
import { build, type Place, placeFor, temporariesIn } from './a-build.ts';

const shell = '#!/usr/bin/env bash\n';

describe('buildpacks and apps with bad YAML', (it) => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((name, index) => {
      const before = 'abcdefgh'[index];
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
    }),
  ].join('\n');
  const badReleases: [what: string, text: string, words: RegExp][] = [
    ['no YAML', 'a: [', /invalid: yaml: /],
    ['a list', '- web', /cannot unmarshal !!seq into/],
    ['commands that are lists', 'default_process_types: { web: [a] }', /cannot unmarshal !!seq into string/],
    ['a bomb', bomb, /excessive aliasing/],
    ['a thousand brackets', '['.repeat(1_000), /excessive nesting/],
    ['an unknown alias', 'default_process_types: *nobody', /unknown anchor/],
    ['a duplicate key', 'a: 1\na: 2', /yaml: /],
  ];
  for (const [what, text, words] of badReleases) {
    it(`fail with 224 when their release is ${what}`, async (scope) => {
      const { place, env } = await placeFor(scope, {
        'bin/compile': shell,
        'bin/release': `${shell}cat <<'Y'\n${text}\nY\n`,
      });
      const built = await build(place, { env });
      assert.is(built.code, 224);
      assert.match(built.err, /^Failed to build droplet release: buildpack's release output invalid: /);
      assert.match(built.err, words);
      await assertNothingLeft(place, env.TMPDIR);
    });
  }

  it('fail with 224 when their release never ends its output', async (scope) => {
    const { place, env } = await placeFor(scope, {
      'bin/compile': shell,
      'bin/release': `${shell}yes "# comment" | head -c 3000000\n`,
    });
    const built = await build(place, { env });
    assert.is(built.code, 224);
    assert.match(built.err, 'too long');
  });

  it('fail with 1 when launch.yml cannot be read, and not at all when config.yml cannot', async (scope) => {
    for (const [file, code] of [
      ['launch.yml', 1],
      ['config.yml', 0],
    ] as const) {
      const { place, env } = await placeFor(scope, {
        'bin/finalize': `${shell}echo 'processes: {' > "$3/$4/${file}"\n`,
      });
      const built = await build(place, { env });
      assert.is(built.code, code, built.err);
    }
  });

  it('fail with 1 for a Procfile that is a list, far too long, or a bomb that is to be taken as YAML', async (scope) => {
    for (const text of [bomb, '- web: x\n', `web: ${'x'.repeat(2_000_000)}`]) {
      const { place: kind, env } = await placeFor(scope, { 'bin/compile': shell, 'bin/release': shell });
      const place = { ...kind, options: { ...kind.options, strict: text === bomb } };
      await writeFile(join(place.options.buildDir, 'Procfile'), text);
      const built = await build(place, { env });
      assert.is(built.code, 1);
      assert.is(built.err, 'Failed to read command from Procfile: invalid YAML\n');
    }
  });
});

async function assertNothingLeft(place: Place, temporary: string): Promise<void> {
  assert.equal(await temporariesIn(temporary), []);
  assert.not.ok((await readdir(place.directory)).includes('droplet'));
}
