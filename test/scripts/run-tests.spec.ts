import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { readIfThere } from '#ground/files.ts';
import { rowOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../support/spec.ts';

const describeFrom = `import { describe } from ${JSON.stringify(resolve('test/support/spec.ts'))};\n`;
const uvuFrom = `import { suite } from ${JSON.stringify(resolve('node_modules/uvu/dist/index.mjs'))};\n`;
const good = `${describeFrom}describe('a', (it) => { it('is', () => {}); it('stays', async () => {}); });\n`;

/** A directory of specs, by name without `.spec.ts`. */
async function plant(scope: Scope, specs: Record<string, string>): Promise<string> {
  const root = scope.adopt(await mkdtemp(join(tmpdir(), 'specs-')), (path) => rm(path, { recursive: true }));
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  for (const [name, content] of Object.entries(specs)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, `${name}.spec.ts`), content);
  }
  return root;
}

function startRunner(root: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, ['scripts/run-tests.mjs', '--root', root, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function outcomeOf(runner: ChildProcess): Promise<{ code: number | null; output: string; lastLine?: string }> {
  const exited = new Promise<number | null>((done) => runner.once('exit', done));
  const output = runner.stdout === null ? '' : await text(runner.stdout);
  return { code: await exited, output, lastLine: output.trimEnd().split('\n').at(-1) ?? '' };
}

/** Specs that are wrong, each with what the runner says of it. */
const flaws: Record<string, { spec: string; says: string; failed?: number; args?: readonly string[] }> = {
  'fails-twice': {
    spec: `${describeFrom}describe('a', (it) => {
      it('holds', () => {});
      it('breaks', () => { throw new Error('planted trouble'); });
      it('breaks again', async () => { throw new Error('more trouble'); });
    });`,
    says: '2 of 3 failed',
    failed: 2,
  },
  'throws-no-error': {
    spec: `${describeFrom}describe('a', (it) => { it('throws text', () => { throw 'only text'; }); });`,
    says: '1 of 1 failed',
  },
  'throws-in-setup': {
    spec: `${describeFrom}describe('a', (it) => { it('is', () => {}); throw new Error('planted setup trouble'); });`,
    says: 'ended with exit code 1; reported no result',
  },
  'fails-in-release': {
    spec: `${describeFrom}describe('a', (it) => {
      it('is', (scope) => { scope.defer(() => { throw new Error('planted release trouble'); }); });
    });`,
    says: '1 of 1 failed',
  },
  'waits-for-ever': {
    spec: `${describeFrom}describe('a', (it) => { it('waits', () => new Promise(() => {}), { timeoutMs: 50 }); });`,
    says: '1 of 1 failed',
  },
  'forgets-to-run': { spec: `${uvuFrom}const test = suite('a'); test('is', () => {});`, says: 'reported no result' },
  'holds-no-test': { spec: `${describeFrom}describe('a', () => {});`, says: 'reported no result' },
  'is-empty': { spec: '', says: 'reported no result' },
  'runs-nothing': { spec: `${uvuFrom}suite('a').run();`, says: 'has no test' },
  skips: {
    spec: `${uvuFrom}const test = suite('a'); test('is', () => {}); test.skip('is not', () => {}); test.run();`,
    says: 'skips 1 of its tests',
  },
  'exits-early': {
    spec: `${describeFrom}describe('a', (it) => { it('is', () => { process.exit(0); }); });`,
    says: 'reported no result',
  },
  'rejects-unheard': {
    spec: `${describeFrom}describe('a', (it) => { it('is', () => { setTimeout(() => Promise.reject(new Error('x')), 20); }); });`,
    says: 'ended with exit code 1',
  },
  'leaves-a-socket-open': {
    spec: `import { createServer } from 'node:net';
      ${describeFrom}describe('a', (it) => { it('is', () => { createServer().listen(0, '127.0.0.1'); }); });`,
    says: 'something it opened is still open',
    args: ['--leave-ms', '2000'],
  },
  'never-ends': {
    spec: `${describeFrom}describe('a', (it) => { it('spins', () => { for (;;) {} }); });`,
    says: 'was still running after 5000 ms',
    args: ['--limit-ms', '5000'],
  },
  'leaves-a-process': {
    spec: `import { spawn } from 'node:child_process';
      ${describeFrom}describe('a', (it) => { it('is', () => { spawn('sleep', ['60'], { stdio: 'ignore' }).unref(); }); });`,
    says: 'left a process of its own running',
    args: ['--leave-ms', '5000'],
  },
  'does-not-parse': { spec: 'const = ;', says: 'ended with exit code 1; reported no result' },
  'says-it-twice': {
    spec: `${describeFrom}describe('a', (it) => { it('is', () => {}); it('is', () => {}); });`,
    says: 'reported no result',
  },
};

describe('the test runner', (it) => {
  it('counts what passed in its last line, and succeeds', async (scope) => {
    const root = await plant(scope, { one: good, 'deep/two': good });

    const { code, lastLine } = await outcomeOf(startRunner(root));

    assert.is(lastLine, '4 passed, 0 failed');
    assert.is(code, 0);
  });

  it(
    'takes none of these for a success',
    async (scope) => {
      const specs = Object.entries(flaws).map(([name, { spec }]) => [name, `${spec}\n`]);
      const root = await plant(scope, Object.fromEntries([...specs, ['good', good]]));
      const onTheirOwn = Object.keys(flaws).filter((name) => flaws[name]?.args !== undefined);
      const others = ['good', ...Object.keys(flaws).filter((name) => flaws[name]?.args === undefined)];

      const runs = [
        outcomeOf(startRunner(root, ...others.map((name) => `/${name}.spec`))),
        ...onTheirOwn.map((name) => outcomeOf(startRunner(root, ...(flaws[name]?.args ?? []), `/${name}.spec`))),
      ];
      const [most, ...lone] = await Promise.all(runs);

      const lines = [most, ...lone].flatMap((outcome) => outcome?.output.split('\n') ?? []);
      for (const [name, { says }] of Object.entries(flaws)) {
        const line = lines.find((text) => text.startsWith(`FAIL ${join(root, name)}.spec.ts`));
        assert.match(line ?? `(${name} is not reported)`, says);
      }
      const failed = others.reduce((sum, name) => sum + (flaws[name]?.failed ?? (name in flaws ? 1 : 0)), 0);
      assert.match(most?.lastLine ?? '', new RegExp(`^\\d+ passed, ${failed} failed$`));
      assert.equal(
        [most, ...lone].map((outcome) => outcome?.code),
        [1, ...onTheirOwn.map(() => 1)],
      );
    },
    { timeoutMs: 120_000 },
  );

  it('shows what a failing file printed', async (scope) => {
    const { spec = '' } = flaws['fails-twice'] ?? {};
    const root = await plant(scope, { bad: `console.log('a hint');\n${spec}` });

    const { output } = await outcomeOf(startRunner(root));

    assert.match(output, '| a hint');
    assert.match(output, 'planted trouble');
  });

  it('runs the files which a pattern names, as text or as a regular expression', async (scope) => {
    const root = await plant(scope, { apple: good, 'sub/pear': good, plum: good });

    const [byText, byExpression] = await Promise.all(
      ['sub/', 'p(ear|lum)\\.spec'].map((pattern) => outcomeOf(startRunner(root, pattern))),
    );

    assert.is(byText?.lastLine, '2 passed, 0 failed');
    assert.is(byExpression?.lastLine, '4 passed, 0 failed');
  });

  it('runs what needs an executable only when it is named', async (scope) => {
    const root = await plant(scope, {
      apple: good,
      'executables/pear': good,
      'bare/pear': good,
      'sub/executables/plum': good,
    });

    const outcomes = await Promise.all(
      [[], ['pear'], ['executables'], ['bare/', 'apple']].map((args) => outcomeOf(startRunner(root, ...args))),
    );

    assert.equal(
      outcomes.map(({ lastLine }) => lastLine),
      ['4 passed, 0 failed', '0 passed, 1 failed', '4 passed, 0 failed', '4 passed, 0 failed'],
    );
  });

  it('fails when no file matches, or there is none', async (scope) => {
    const root = await plant(scope, { apple: good });

    const outcomes = await Promise.all([
      outcomeOf(startRunner(root, 'cherry')),
      outcomeOf(startRunner(join(root, 'nowhere'))),
    ]);

    for (const { code, lastLine } of outcomes) {
      assert.is(lastLine, '0 passed, 1 failed');
      assert.is(code, 1);
    }
  });

  it('ends the running files with their children when it is told to stop', async (scope) => {
    const root = await plant(scope, {
      endless: `import { spawn } from 'node:child_process';
        import { renameSync, writeFileSync } from 'node:fs';
        const child = spawn('sleep', ['60'], { stdio: 'ignore' });
        writeFileSync(import.meta.dirname + '/new', process.pid + ' ' + child.pid);
        renameSync(import.meta.dirname + '/new', import.meta.dirname + '/pids');
        ${describeFrom}describe('a', (it) => { it('waits', () => new Promise(() => {}), { timeoutMs: 60_000 }); });\n`,
      waiting: good,
    });
    const runner = startRunner(root);
    const outcome = outcomeOf(runner);
    const pids = await waitFor('the pids', () => readIfThere(join(root, 'pids')), { limitMs: 15_000 });

    runner.kill('SIGTERM');

    const { code, output } = await outcome;
    assert.is(code, 143, output);
    assert.match(output, 'Stopped by SIGTERM');
    const states = pids.split(' ').map((pid) => rowOf(Number(pid))?.state ?? 'gone');
    assert.ok(
      states.every((state) => state === 'gone' || state === 'Z'),
      `the processes are ${states}`,
    );
  });
});
