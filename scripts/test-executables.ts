/**
 * Tests the executables in dist/ as a user has them: the one for this machine with all scenarios, the others with a
 * short one under qemu. Ends with the line `N passed, N failed`.
 *
 *     npm run test:executables [-- TARGET…]
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '#ground/errors.ts';
import { emulate } from './emulation.ts';
import { hostTarget, type Target, targets } from './package/targets.ts';

const project = join(import.meta.dirname, '..');
const wanted = process.argv.slice(2);

let passed = 0;
let failed = 0;
for (const target of Object.values(targets).filter(isWanted)) {
  console.log(`\n${target.name}:`);
  try {
    const counts = await test(target);
    passed += counts.passed;
    failed += counts.failed;
  } catch (error) {
    console.log(`FAIL ${messageOf(error)}`);
    failed += 1;
  }
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function isWanted({ name }: Target): boolean {
  return wanted.length === 0 ? name.startsWith('linux') : wanted.includes(name);
}

async function test(target: Target): Promise<{ passed: number; failed: number }> {
  const executable = join(project, 'dist', `localpaas-${target.name}`);
  if (!existsSync(executable)) throw new Error(`There is no ${executable}: run \`npm run package\` first.`);
  const isNative = target.name === hostTarget()?.name;
  if (!isNative) await emulate(target.debian ?? '', join(project, '.cache', 'emulation'));
  const { code, out } = await runTests(patternsFor(target, isNative), executable);
  const [, good, bad] = /^(\d+) passed, (\d+) failed$/m.exec(out) ?? [];
  if (good === undefined || bad === undefined) throw new Error(`the tests of ${target.name} ended with ${code}`);
  return { passed: Number(good), failed: Number(bad) };
}

/** Emulation is slow, so only what may differ there is tested with it. */
function patternsFor({ bits }: Target, isNative: boolean): string[] {
  if (isNative) return ['test/scenarios/', 'test/executables/[a-z-]+.spec.ts'];
  return ['test/executables/short-life', ...(bits === 32 ? ['test/executables/emulated/sea-32-bit'] : [])];
}

/** @returns what they printed, which was passed on but for the closing line */
function runTests(patterns: readonly string[], executable: string): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, ['scripts/run-tests.mjs', '--limit-ms', '600000', ...patterns], {
    cwd: project,
    env: { ...process.env, LOCALPAAS: executable },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    process.stdout.write(text.replace(/^\n?\d+ passed, \d+ failed\n/m, ''));
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out })));
}
