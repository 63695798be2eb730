import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { checkBuild } from '#cli/buildpacks/lint/check-build.ts';
import { checkDetect } from '#cli/buildpacks/lint/check-detect.ts';
import type { Finding } from '#cli/doctor/finding.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { isolationHere } from '#workload/sandbox/index.ts';
import { toyBuildpack, writeFiles } from '../../support/buildpack-repository.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { runCli } from '../run-cli.ts';

const papers = { 'README.md': 'A toy.\n', VERSION: '1.0.0\n' };
const whole = { ...toyBuildpack('toy'), ...papers, 'sample-app/toy.txt': 'a toy\n' };

async function packOf(scope: Scope, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await scratchDirectory(scope), 'toy');
  await mkdir(folder);
  await writeFiles(folder, files);
  return folder;
}

/** What is not fine, by its check. */
async function lint(folder: string, ...args: readonly string[]) {
  const { exitCode, output, messages } = await runCli(['buildpack', 'lint', folder, '--json', ...args]);
  assert.ok(exitCode < 2, messages);
  const { checks, problems }: { checks: Finding[]; problems: number } = JSON.parse(output);
  assert.is(exitCode, problems === 0 ? 0 : 1);
  const found = checks
    .filter(({ result }) => result !== 'ok')
    .map(({ check, result, found }) => [check, result, found]);
  return { checks, found, ok: checks.filter(({ result }) => result === 'ok').map(({ check }) => check) };
}

describe('buildpack lint', (it) => {
  it('stages the sample app of a buildpack, and leaves the buildpack as it was', async (scope) => {
    const folder = await packOf(scope, { ...whole, 'bin/compile': `${whole['bin/compile']}touch "\${0%/*}/mark"\n` });
    const before = await readdir(folder, { recursive: true });

    const { found, ok } = await lint(folder);

    assert.equal(found, []);
    for (const check of ['shape', 'detect: sample-app', 'stage', 'processes', 'release', 'stage again', 'paths']) {
      assert.ok(ok.includes(check), check);
    }
    assert.equal(await readdir(folder, { recursive: true }), before);
  });

  it('prints each check, with what to do below', async (scope) => {
    const { 'README.md': _, ...files } = whole;
    const { exitCode, output } = await runCli(['buildpack', 'lint', await packOf(scope, files)]);

    assert.is(exitCode, 0);
    assert.match(output, /^warning {2}papers +It has no README\.md\.\n +Write what apps it takes/m);
    assert.match(output, /\ntoy works, 1 warning\.\n$/);
  });

  it('says what is wrong with scripts that cannot be started', async (scope) => {
    const cases: [change: Record<string, string>, check: string, why: string][] = [
      [{ 'bin/detect': 'exit 0\n' }, 'bin/detect', 'first line does not say what runs it'],
      [{ 'bin/detect': '#!/bin/sh\r\nexit 0\r\n' }, 'bin/detect', 'lines end as on Windows'],
      [{ 'bin/detect': '#!/opt/none/perl9\n' }, 'bin/detect', '/opt/none/perl9, which is not on this machine'],
      [{ 'bin/detect': '#!/usr/bin/env -S perl9 -w\n' }, 'bin/detect', 'by perl9, which is not'],
      [{ 'bin/compile': '#!/bin/sh\nif true; then\n' }, 'bin/compile', 'does not understand it'],
      [{ 'lib/more.sh': 'a=1\r\n' }, 'line ends', 'lib/more.sh'],
    ];
    for (const [change, check, why] of cases) {
      const { found } = await lint(await packOf(scope, { ...whole, ...change }));
      assert.is(found.length, 1, JSON.stringify(found));
      assert.equal(found[0]?.slice(0, 2), [check, 'problem']);
      assert.match(String(found[0]?.[2]), why);
    }
    const folder = await packOf(scope, whole);
    await chmod(join(folder, 'bin', 'compile'), 0o644);
    assert.equal((await lint(folder)).found, [['bin/compile', 'problem', 'It is not executable.']]);
  });

  it('says what a buildpack lacks', async (scope) => {
    const { 'bin/compile': _, ...noCompile } = whole;
    const { 'bin/release': __, ...noRelease } = whole;
    assert.match(JSON.stringify((await lint(await packOf(scope, papers))).found), 'none of the scripts of a buildpack');
    assert.match(JSON.stringify((await lint(await packOf(scope, noCompile))).found), 'It has only bin/detect');
    const supplies = { ...noCompile, 'bin/supply': '#!/bin/sh\n' };
    assert.match(JSON.stringify((await lint(await packOf(scope, supplies))).found), 'only stand before another');
    const { found } = await lint(await packOf(scope, noRelease));
    assert.equal(
      found.map(([check, result]) => [check, result]),
      [
        ['processes', 'warning'],
        ['release', 'warning'],
      ],
    );
  });

  it(
    'says what staging shows',
    async (scope) => {
      const compile = (line: string) => ({ 'bin/compile': `#!/usr/bin/env bash\n${line}\n` });
      const mark = `lint-${process.pid}`;
      scope.defer(() => rm(`/tmp/${mark}`, { force: true }));
      const cases: [change: Record<string, string>, check: string, result: string, why: string][] = [
        [compile('echo broken >&2; exit 7'), 'stage', 'problem', 'exit status 7'],
        [compile('mkdir "$2/once"'), 'stage again', 'problem', 'exit status 1'],
        [compile('echo "$1" > "$1/where"'), 'moving', 'warning', 'app/where'],
        [compile('date +%N > "$1/now"'), 'stage again', 'warning', 'another droplet'],
        [compile(`echo x > /tmp/${mark}`), 'paths', 'problem', `/tmp/${mark}`],
        [compile('mkdir /opt/by-a-buildpack'), 'stage', 'problem', 'exit status 1'],
        [compile('cp /app/x "$1" 2> /dev/null || true'), 'paths', 'warning', '/app/x (bin/compile:2)'],
        [{ 'bin/release': '#!/bin/sh\necho "a: [b"\n' }, 'stage', 'problem', 'release'],
        [{ 'bin/detect': '#!/bin/sh\necho Toy\n' }, 'detect: an empty folder', 'warning', 'and so is every app'],
        [{ 'bin/detect': '#!/bin/sh\n[ -f "$1/toy.txt" ] && seq 9' }, 'detect: sample-app', 'warning', '9 lines'],
      ];
      for (const [change, check, result, why] of cases) {
        const { found } = await lint(await packOf(scope, { ...whole, ...change }));
        const one = found.find(([name]) => name === check);
        assert.is(one?.[1], result, `${check}: ${JSON.stringify(found)}`);
        assert.match(String(one?.[2]), why);
      }
    },
    { timeoutMs: 120_000 },
  );

  it('does not take a default for a fixed path, nor what stands below a variable or in a comment', async (scope) => {
    const line = `tmp=\${TMPDIR:-/tmp}; ls "$1/app" "$1"/tmp https://host/app >/dev/null 2>&1 || true # fine`;
    const folder = await packOf(scope, { ...whole, 'bin/compile': `#!/usr/bin/env bash\n# not /tmp/x\n${line}\n` });

    assert.equal((await lint(folder)).found, []);
  });

  it('stages the app it is given, and says when nobody would have been asked', async (scope) => {
    const app = await scratchDirectory(scope);
    await writeFile(join(app, 'other.txt'), '');
    const { 'sample-app/toy.txt': _, ...files } = whole;

    const { found, ok } = await lint(await packOf(scope, files), '--app', app);
    assert.equal(found, [[`detect: ${app}`, 'warning', 'It is refused.']]);
    assert.ok(ok.includes('stage'));

    const alone = await lint(await packOf(scope, files));
    assert.match(JSON.stringify(alone.found), 'None of the sample apps is taken');
  });

  it('gives the buildpack variables of the app, as files, too', async (scope) => {
    const compile =
      '#!/usr/bin/env bash\n[ "$COLOUR" = green ] && [ "$(cat "$3/COLOUR")" = green ] && [ "$(ls "$3")" = COLOUR ]\n';
    const folder = await packOf(scope, { ...whole, 'bin/compile': compile });

    assert.equal((await lint(folder, '--env', 'COLOUR=green')).found, []);
    assert.is((await lint(folder)).found[0]?.[0], 'stage');
  });

  it('reads zips, and does not walk in circles', async (scope) => {
    const folder = await packOf(scope, whole);
    for (const name of ['here', 'there', 'again']) await symlink('.', join(folder, 'bin', name));
    const members = Object.entries(whole).map(([path, text]): ZipMember => {
      const open = () => Readable.from([Buffer.from(text)]);
      return { path: `toy-1.0/${path}`, kind: 'file', mode: path.startsWith('bin/') ? 0o755 : 0o644, open };
    });
    await writeFile(`${folder}.zip`, await buffer(zipOf(members)));
    await writeFile(`${folder}-broken.zip`, 'no zip');

    assert.equal((await lint(folder)).found, []);
    assert.equal((await lint(`${folder}.zip`)).found, []);
    assert.is((await runCli(['buildpack', 'lint', `${folder}-broken.zip`])).exitCode, 2);
  });

  it('says what hangs', async (scope) => {
    const sleeping = '#!/bin/sh\nsleep 60\n';
    const scratch = await scratchDirectory(scope);
    const place = await packOf(scope, { ...whole, 'bin/compile': sleeping });
    const subject = { name: 'toy', place, scripts: ['detect', 'compile', 'release'] as const };
    const bench = {
      scratch,
      env: { PATH: process.env['PATH'] ?? '', TMPDIR: scratch },
      appEnv: {},
      signal: new AbortController().signal,
      limits: { detectMs: 30_000, stageMs: 500 },
    };

    const { app } = await checkDetect(subject, undefined, bench);
    assert.ok(app);
    const [staging] = await checkBuild(subject, app, bench);
    assert.is(staging?.result, 'problem');
    assert.match(staging?.found ?? '', 'It was not done after 0.5 s');

    await writeFiles(place, { 'bin/detect': sleeping });
    const impatient = { ...bench, limits: { ...bench.limits, detectMs: 200 } };
    const { findings, app: none } = await checkDetect(subject, undefined, impatient);
    assert.match(findings[0]?.found ?? '', 'It did not answer within');
    assert.is(none, undefined);
  });

  it('keeps what it tries in a sandbox', async (scope) => {
    if ((await isolationHere()).level === 0) return;
    const folder = await packOf(scope, { ...whole, 'bin/compile': '#!/bin/sh\nmkdir /opt/by-a-buildpack\n' });

    const { checks } = await lint(folder);

    const stage = checks.find(({ check }) => check === 'stage');
    assert.match(
      stage?.remedy ?? '',
      /^It could not write outside of its directories\..*\n\| mkdir: .*Read-only file system$/,
    );
    assert.not.ok(existsSync('/opt/by-a-buildpack'));
    const off = await runCli(['buildpack', 'lint', await packOf(scope, whole)], {
      env: { LOCALPAAS_ISOLATION: 'none' },
    });
    assert.match(off.output, /^warning {2}sandbox +It was tried without one\. It is switched off/m);
  });

  it('needs something to check', async () => {
    for (const [args, code, why] of [
      [['lint', '/nowhere'], 1, 'There is no folder or zip'],
      [['lint', '/nowhere', '--dir', 'x'], 2, '--dir is for `buildpack new` only'],
      [['new', 'toy', '--app', 'x'], 2, '--app is for `buildpack lint` only'],
      [['new', 'toy', '--env', 'A=b'], 2, '--env is for `buildpack lint` only'],
      [['lint', '/', '--env', 'A'], 2, "--env cannot be 'A'"],
      [['polish', 'toy'], 2, 'cannot polish'],
      [['lint', '/', '--app', '/nowhere'], 1, 'There is no folder /nowhere'],
    ] as const) {
      const { exitCode, messages } = await runCli(['buildpack', ...args]);
      assert.is(exitCode, code, messages);
      assert.match(messages, why);
    }
  });
});
