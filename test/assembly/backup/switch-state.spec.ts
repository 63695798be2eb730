import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { dropStage, finishSwitch, hasState, openStage, switchState } from '#assembly/backup/switch-state.ts';
import { type Home, homeOf } from '#assembly/home.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const parts = ['cloud-controller', 'nats-server', 'cli'];

/** A home whose state, if it has one, is old, and a stage that is new. */
async function prepared(scope: Scope, { isEmpty = false } = {}) {
  const home = homeOf(join(await scratchDirectory(scope), 'home'), {});
  await mkdir(join(home.path, 'dea'), { recursive: true });
  await writeFile(join(home.path, 'dea', 'instances.json'), 'facts');
  if (!isEmpty) await fill(home.path, 'old');
  const stage = await openStage(home);
  await writeFile(join(stage.path, 'cloud-controller', 'state'), 'new');
  return { home, stage };
}

async function fill(directory: string, content: string): Promise<void> {
  for (const part of parts) {
    await mkdir(join(directory, part, 'store'), { recursive: true });
    await writeFile(join(directory, part, 'state'), content);
  }
}

async function contentOf(home: Home): Promise<string[]> {
  return Promise.all(
    parts.map(async (part) => {
      const path = join(home.path, part, 'state');
      return existsSync(path) ? readFile(path, 'utf8') : '';
    }),
  );
}

const namesIn = async (home: Home) => (await readdir(home.path)).sort();

type Move = readonly [from: string, to: string];

/** Notes what is to be done, as `switchState` does. @returns the moves it consists of */
async function begin(home: Home, stage: string, isEmpty: boolean): Promise<Move[]> {
  const aside = join('replaced', 'then');
  await writeFile(join(home.path, 'restoring.json'), JSON.stringify({ stage: basename(stage), aside }));
  await mkdir(join(home.path, aside), { recursive: true });
  return parts.flatMap((part): Move[] => {
    const fresh: Move = [join(stage, part), join(home.path, part)];
    return isEmpty ? [fresh] : [[join(home.path, part), join(home.path, aside, part)], fresh];
  });
}

/** A copy of the home after some of the moves, in which somebody then began an `up`. */
async function cutShort(scope: Scope, home: Home, done: readonly Move[]): Promise<Home> {
  const copy = homeOf(join(await scratchDirectory(scope), 'home'), {});
  await cp(home.path, copy.path, { recursive: true });
  for (const [from, to] of done) await rename(from.replace(home.path, copy.path), to.replace(home.path, copy.path));
  for (const part of parts.slice(1)) await mkdir(join(copy.path, part), { recursive: true });
  return copy;
}

describe('a state that takes the place of another', (it) => {
  it('sets the old one aside, whole, and leaves alone what is no state', async (scope) => {
    const { home, stage } = await prepared(scope);

    const aside = await switchState(home, stage.name, new Date('2026-01-02T03:04:05.678Z'));

    assert.is(aside, join(home.path, 'replaced', '2026-01-02T03-04-05-678Z'));
    assert.equal(await contentOf(home), ['new', '', '']);
    for (const part of parts) assert.is(await readFile(join(aside ?? '', part, 'state'), 'utf8'), 'old');
    assert.is(await readFile(join(home.path, 'dea', 'instances.json'), 'utf8'), 'facts');
    assert.equal(await namesIn(home), ['cli', 'cloud-controller', 'dea', 'nats-server', 'replaced']);
    assert.not(await finishSwitch(home), 'there is nothing left to do');
  });

  it('leaves nothing aside in a home that had none', async (scope) => {
    const { home, stage } = await prepared(scope, { isEmpty: true });
    assert.not(hasState(home));

    assert.is(await switchState(home, stage.name, new Date()), undefined);

    assert.equal(await contentOf(home), ['new', '', '']);
    assert.ok(hasState(home));
    assert.equal(await namesIn(home), ['cli', 'cloud-controller', 'dea', 'nats-server']);
  });

  for (const isEmpty of [false, true]) {
    it(`is whole wherever it was cut short, in ${isEmpty ? 'an empty home' : 'a home with a state'}`, async (scope) => {
      const { home, stage } = await prepared(scope, { isEmpty });
      const moves = await begin(home, stage.path, isEmpty);
      for (let done = 0; done <= moves.length; done += 1) {
        const copy = await cutShort(scope, home, moves.slice(0, done));

        assert.ok(await finishSwitch(copy), `after ${done} moves`);

        assert.equal(await contentOf(copy), ['new', '', ''], `after ${done} moves`);
        const aside = homeOf(join(copy.path, 'replaced', 'then'), {});
        assert.equal(await contentOf(aside), isEmpty ? ['', '', ''] : ['old', 'old', 'old'], `after ${done} moves`);
        assert.equal(await namesIn(copy), ['cli', 'cloud-controller', 'dea', 'nats-server', 'replaced']);
      }
    });
  }

  it('never came to be when it was not decided', async (scope) => {
    const { home } = await prepared(scope);
    await writeFile(join(home.path, 'restoring.json.1234-abcd.tmp'), '{"sta');

    assert.not(await finishSwitch(home));

    assert.equal(await contentOf(home), ['old', 'old', 'old']);
    assert.equal(await namesIn(home), ['cli', 'cloud-controller', 'dea', 'nats-server']);
  });

  it('is not dropped any more when it was decided', async (scope) => {
    const { home, stage } = await prepared(scope);
    const other = await openStage(home);

    await dropStage(home, other.name);
    await writeFile(join(home.path, 'restoring.json'), JSON.stringify({ stage: stage.name, aside: 'replaced/then' }));
    await dropStage(home, stage.name);

    assert.not(existsSync(other.path));
    assert.ok(existsSync(stage.path));
  });

  it('is not looked for where a damaged note says', async (scope) => {
    const { home } = await prepared(scope);
    for (const note of [
      '',
      '{',
      '{"stage":"../x","aside":"replaced/a"}',
      '{"stage":"restoring-000000000000","aside":"../x"}',
    ]) {
      await writeFile(join(home.path, 'restoring.json'), note);

      assert.not(await finishSwitch(home), note);

      assert.equal(await contentOf(home), ['old', 'old', 'old']);
    }
  });
});
