import { statSync } from 'node:fs';
import type { RuntimeInfo } from '#contract/runtimes.ts';
import { startChild } from '#ground/child.ts';
import { messageOf } from '#ground/errors.ts';
import { within } from '#ground/wait.ts';

/** A program that has not told its version by then will not. */
const answerLimitMs = 10_000;
const longestAnswer = 4096;
/** Matching a longer expression could hold up everything. */
const longestExpression = 256;

interface Answer {
  readonly isSuccess: boolean;
  readonly text: string;
}

/** What the programs of runtimes say of themselves, compared with what apps ask for. Each is asked once. */
export class RuntimeVersions {
  readonly #env: Readonly<Record<string, string>>;
  readonly #answers = new Map<string, Promise<Answer>>();
  readonly #told = new Set<string>();

  /** @param env all that programs see of ours: `HOME` and `PATH` */
  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  /**
   * Why a program is not what an app asks for, in words that continue "The app ", by the rules of 2012: the version has
   * to be named, and to match; additional checks have to hold. @param program `undefined` for an app that needs none
   */
  async whyUnfit(program: string | undefined, info: RuntimeInfo): Promise<string | undefined> {
    if (program === undefined) return undefined;
    const { name, version_output: asked, additional_checks: checks } = info;
    if (!asked) return `needs the runtime ${name}, and does not say which version`;
    const version = await this.#versionOf(program, info);
    if (!version.isSuccess) return `needs the runtime ${name}, and ${program} fails: ${firstLineOf(version)}`;
    if (!isMatch(version, asked)) return `needs '${asked}', and ${program} is '${firstLineOf(version)}'`;
    if (checks && !(await this.#ask(program, checks)).text.includes('true')) {
      return `needs more of ${name} than ${program} has: \`${checks}\` does not print true`;
    }
    return undefined;
  }

  /** The version of a program, where it is another than the app asks for. */
  async otherVersion(program: string | undefined, info: RuntimeInfo): Promise<string | undefined> {
    const { version_output: asked } = info;
    if (program === undefined || !asked || asked === '.') return undefined;
    const version = await this.#versionOf(program, info);
    return version.isSuccess && !isMatch(version, asked) ? firstLineOf(version) : undefined;
  }

  /** Whether it is the first time this is asked for a program and a wish. */
  isNews(program: string | undefined, { name, version_output }: RuntimeInfo): boolean {
    const key = JSON.stringify([program, name, version_output]);
    const isNew = !this.#told.has(key);
    this.#told.add(key);
    return isNew;
  }

  #versionOf(program: string, { version_flag }: RuntimeInfo): Promise<Answer> {
    return this.#ask(program, version_flag || '-v');
  }

  /** A program that was replaced is asked again. */
  #ask(program: string, args: string): Promise<Answer> {
    const key = JSON.stringify([program, changedAt(program), args]);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = answerOf(program, args, this.#env);
    this.#answers.set(key, answer);
    return answer;
  }
}

/** @param args as a shell reads them, which is how `runtimes.yml` has them */
async function answerOf(program: string, args: string, env: Readonly<Record<string, string>>): Promise<Answer> {
  try {
    await using child = await startChild({
      program: '/bin/sh',
      args: ['-c', `exec "$0" ${args} 2>&1`, program],
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      graceMs: 0,
    });
    const ended = Promise.all([beginningOf(child.stdout), child.exited]);
    const [text, exit] = await within(answerLimitMs, `an answer of ${program}`, ended);
    return { isSuccess: exit.code === 0, text };
  } catch (error) {
    return { isSuccess: false, text: messageOf(error) };
  }
}

async function beginningOf(stream: AsyncIterable<Buffer> | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) if (text.length < longestAnswer) text += chunk.toString();
  return text.slice(0, longestAnswer);
}

function isMatch({ text }: Answer, expression: string): boolean {
  if (expression.length > longestExpression) return false;
  try {
    return new RegExp(expression).test(text);
  } catch {
    return text.includes(expression); // no expression after all
  }
}

function firstLineOf({ text }: Answer): string {
  return text.trim().split('\n', 1)[0] ?? '';
}

function changedAt(program: string): number {
  return statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
