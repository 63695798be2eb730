import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Interrupted } from '#cli/world.ts';
import { toyBuildpack, writeFiles } from '../../support/buildpack-repository.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { pageOf, recordedApi, refusal } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

const stamps = { created_at: '2026-11-21T10:00:00Z', updated_at: '2026-11-21T10:00:00Z' };
const resource = (name: string, position: number, changes: object = {}) => ({
  ...stamps,
  guid: `guid-of-${name}`,
  name,
  state: 'READY',
  filename: 'comes with localpaas',
  stack: null,
  position,
  enabled: true,
  locked: false,
  metadata: { labels: {}, annotations: {} },
  ...changes,
});
const listed = pageOf([
  resource('node', 1),
  resource('mine', 2, { enabled: false, locked: true, state: 'AWAITING_UPLOAD', filename: null }),
]);

describe('buildpacks', (it) => {
  it('are listed as they are asked', async (scope) => {
    const { home } = await recordedApi(scope, { 'GET /v3/buildpacks': listed });

    const { output } = await runCli(['buildpacks'], { home });
    assert.is(
      output,
      [
        'position  name  enabled  locked  state        from',
        '1         node  yes              ready        comes with localpaas',
        '2         mine  no       yes     has no bits',
        '',
      ].join('\n'),
    );
    assert.is((await runCli(['buildpacks', '--names'], { home })).output, 'node\nmine\n');
    const views = JSON.parse((await runCli(['buildpacks', '--json'], { home })).output);
    assert.equal(
      views.map(({ name, source, commit }: Record<string, unknown>) => [name, source, commit]),
      [
        ['node', null, null],
        ['mine', null, null],
      ],
    );
  });

  it('say how they are to be called', async (scope) => {
    const { home, calls } = await recordedApi(scope, { 'GET /v3/buildpacks': listed });
    const cases: [args: string[], code: number, why: string][] = [
      [['ad', 'x', '.'], 2, "Did you mean 'add'?"],
      [['add', 'x'], 2, 'Say `localpaas buildpacks add NAME FOLDER|ZIP|ADDRESS`.'],
      [['remove'], 2, 'cannot be given nothing'],
      [['enable', 'a', 'b'], 2, "cannot be given 'a b'"],
      [['order', 'node'], 2, 'order NAME POSITION` or `order NAME NAME…`'],
      [['order', 'node', '0'], 1, "There is no buildpack named '0'"],
      [['order', 'mine', 'noed'], 1, "Did you mean 'node'?"],
      [['update', 'mine'], 2, "Where 'mine' came from is not known."],
      [['add', 'node', '.'], 1, "There is a buildpack named 'node' already."],
      [['enable', 'node', '--force'], 2, '--force is for `buildpacks remove` only.'],
      [['remove', 'node', '--disable'], 2, '--disable is for `buildpacks add` only.'],
      [['add', 'x', '.', '--names'], 2, '--names is for the list only.'],
      [['add', 'x', '.', '--position', '0'], 2, '--position'],
    ];
    for (const [args, code, why] of cases) {
      const { exitCode, messages } = await runCli(['buildpacks', ...args], { home });
      assert.is(exitCode, code, `${args.join(' ')}: ${messages}`);
      assert.match(messages, why);
    }
    assert.ok(calls().every((call) => call.startsWith('GET ')));
  });

  it('are removed when somebody consents', async (scope) => {
    const { home, calls } = await recordedApi(scope, {
      'GET /v3/buildpacks': listed,
      'GET /v3/apps': pageOf([]),
      'DELETE /v3/buildpacks/guid-of-mine': { status: 202, body: '' },
    });
    const remove = ['buildpacks', 'remove', 'mine'];

    const unasked = await runCli(remove, { home });
    assert.is(unasked.exitCode, 2);
    assert.match(unasked.messages, 'Add `--force` to remove it without being asked.');
    const refused = await runCli(remove, { home, isTerminal: true, input: 'no\n' });
    assert.is(refused.output, 'mine was not removed.\n');
    assert.not.ok(calls().some((call) => call.startsWith('DELETE')));

    const consented = await runCli([...remove, '--json'], { home, isTerminal: true, input: 'y\n' });
    assert.equal(JSON.parse(consented.output), { removed: true, name: 'mine' });
    assert.is(calls().filter((call) => call.startsWith('DELETE')).length, 1);
    assert.is((await runCli(['buildpacks', 'remove', 'no'], { home })).output, "There is no buildpack named 'no'.\n");
  });

  it('are taken back when their upload fails', async (scope) => {
    const { home, calls } = await recordedApi(scope, {
      'GET /v3/buildpacks': listed,
      'POST /v3/buildpacks': { status: 201, body: resource('toy', 1, { state: 'AWAITING_UPLOAD' }) },
      'POST /v3/buildpacks/guid-of-toy/upload': refusal(422, 'CF-UnprocessableEntity', 'The zip is no buildpack.'),
      'DELETE /v3/buildpacks/guid-of-toy': { status: 202, body: '' },
    });
    const folder = join(await scratchDirectory(scope), 'toy');
    await mkdir(folder);
    await writeFiles(folder, toyBuildpack('toy'));

    const { exitCode, messages } = await runCli(['buildpacks', 'add', 'toy', folder], { home });

    assert.is(exitCode, 1);
    assert.match(messages, 'The zip is no buildpack.');
    assert.is(calls().at(-1), 'DELETE /v3/buildpacks/guid-of-toy');
  });

  it('are taken back when somebody interrupts the upload', async (scope) => {
    const interruption = new AbortController();
    const { home, calls } = await recordedApi(scope, {
      'GET /v3/buildpacks': listed,
      'POST /v3/buildpacks': { status: 201, body: resource('toy', 1, { state: 'AWAITING_UPLOAD' }) },
      'POST /v3/buildpacks/guid-of-toy/upload': () => {
        interruption.abort(new Interrupted('SIGINT'));
        return { status: 202, body: '' };
      },
      'DELETE /v3/buildpacks/guid-of-toy': { status: 202, body: '' },
    });
    const folder = join(await scratchDirectory(scope), 'toy');
    await mkdir(folder);
    await writeFiles(folder, toyBuildpack('toy'));

    const { exitCode } = await runCli(['buildpacks', 'add', 'toy', folder], { home, signal: interruption.signal });

    assert.is(exitCode, 130);
    assert.is(calls().at(-1), 'DELETE /v3/buildpacks/guid-of-toy');
  });
});
