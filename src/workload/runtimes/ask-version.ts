import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ToolFamily } from '#contract/runtimes.ts';
import { startChild } from '#ground/child.ts';
import { within } from '#ground/wait.ts';
import { versionIn } from './version-text.ts';

/** A program that has not told its version by then will not. */
const answerLimitMs = 10_000;
const longestAnswer = 4096;

const questions: Readonly<Record<ToolFamily, { readonly args: readonly string[]; readonly answer: RegExp }>> = {
  node: { args: ['--version'], answer: /^v(\d+\.\d+\.\d+)/m },
  ruby: { args: ['--version'], answer: /^ruby (\d+\.\d+\.\d+)/m },
  python: { args: ['--version'], answer: /^Python (\d+\.\d+\.\d+)/m },
  php: { args: ['--version'], answer: /^PHP (\d+\.\d+\.\d+)/m },
  java: { args: ['-version'], answer: /version "(\d[\w.]*)/ },
  go: { args: ['version'], answer: /\bgo(\d+(?:\.\d+)+)/ },
};

/** A Java and a Go have a file beside them that tells. */
const files: Readonly<Partial<Record<ToolFamily, { readonly name: string; readonly answer: RegExp }>>> = {
  java: { name: 'release', answer: /^JAVA_VERSION="(\d[\w.]*)/m },
  go: { name: 'VERSION', answer: /^go(\d+(?:\.\d+)+)/ },
};

/**
 * The version of a program, of a file beside it or of itself; `null` when it does not run, or is none of that family.
 * @param env all the program sees of ours
 */
export async function askVersion(
  family: ToolFamily,
  program: string,
  env: Readonly<Record<string, string>>,
): Promise<string | null> {
  const told = files[family];
  if (told !== undefined) {
    const text = await readFile(join(dirname(dirname(program)), told.name), 'utf8').catch(() => '');
    const version = told.answer.exec(text)?.[1];
    if (version !== undefined) return versionIn(family, version) ?? null;
  }
  const { args, answer } = questions[family];
  const version = answer.exec(await answerOf(program, args, env))?.[1];
  return version === undefined ? null : (versionIn(family, version) ?? null);
}

async function answerOf(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    await using child = await startChild({ program, args, env, stdio: ['ignore', 'pipe', 'pipe'], graceMs: 0 });
    const said = Promise.all([beginningOf(child.stdout), beginningOf(child.stderr), child.exited]);
    const [out, err, exit] = await within(answerLimitMs, `an answer of ${program}`, said);
    return exit.code === 0 ? `${out}\n${err}` : '';
  } catch {
    return ''; // it cannot be run, or hangs: then it is of no use
  }
}

async function beginningOf(stream: AsyncIterable<Buffer> | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) if (text.length < longestAnswer) text += chunk.toString();
  return text.slice(0, longestAnswer);
}
