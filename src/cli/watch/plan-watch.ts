import { basename, dirname, join, resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import type { Cli } from '../cli.ts';
import type { AppFile } from '../push/app-file.ts';
import { leftOutByHabit } from '../push/ignore-rules.ts';
import { type PushInput, type PushPlan, planPush } from '../push/push-plan.ts';
import { kindOf, type PushSource, pushSource } from '../push/push-source.ts';
import { surroundingsOf } from '../push/surroundings.ts';

/** What is watched, and what is made of it. */
export interface WatchPlan {
  readonly plan: PushPlan;
  /** The folder; of an archive that in which it lies. */
  readonly folder: string;
  /** Patterns of what stays at home; of an archive, everything but itself. */
  readonly leftOut: readonly string[];
  /** Files that say how the app is to run, whether they are there or not. */
  readonly settings: readonly string[];
}

/** Makes plans from what the command line said, as often as manifests change; a person is asked once. */
export class Planner {
  readonly #cli: Cli;
  readonly #input: PushInput;
  readonly #around;
  readonly #answers = new Map<string, Promise<string>>();

  constructor(cli: Cli, input: PushInput) {
    this.#cli = cli;
    this.#input = input;
    const around = surroundingsOf(cli);
    const { ask } = around;
    if (ask === undefined) {
      this.#around = around;
      return;
    }
    const askOnce: typeof ask = (question, options) => {
      const answer = this.#answers.get(question) ?? ask(question, options);
      this.#answers.set(question, answer);
      return answer;
    };
    this.#around = { ...around, ask: askOnce };
  }

  /** @throws ActionableError BAD_INPUT, USAGE; a watch is of one app */
  async plan(): Promise<WatchPlan> {
    const { workingDirectory } = this.#around;
    const read: string[] = [];
    const onRead = (file: string) => read.push(file);
    const { plans, remarks } = await planPush(this.#input, { ...this.#around, onRead });
    for (const remark of remarks) this.#cli.progress.warn(remark);
    const [plan, another] = plans;
    if (plan === undefined || another !== undefined) {
      const names = plans.map(({ name }) => name);
      throw new ActionableError(
        'USAGE',
        `The manifest has ${names.length} apps, and a watch is of one.`,
        `Name it: \`localpaas watch ${names[0] ?? 'NAME'}\`; for the others, watch in other terminals.`,
      );
    }
    return { plan, ...placeOf(plan), settings: settingsOf(this.#input, { plan, workingDirectory, read }) };
  }
}

/** What is pushed when the folder is in this state. @throws ActionableError BAD_INPUT */
export function sourceFor({ plan, folder }: WatchPlan, files: readonly AppFile[]): PushSource {
  if (folder !== plan.path) return pushSource(plan.path);
  return { kind: 'folder', path: folder, files, sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

function placeOf({ path, ignores }: PushPlan): Pick<WatchPlan, 'folder' | 'leftOut'> {
  if (kindOf(path) === 'folder') return { folder: path, leftOut: ignores ?? leftOutByHabit };
  const name = basename(path).replace(/[\\*?[\]!#]/g, '\\$&');
  return { folder: dirname(path), leftOut: ['*', `!/${name}`] };
}

const manifests = ['manifest.yml', 'manifest.yaml'];

interface Read {
  readonly plan: PushPlan;
  readonly workingDirectory: string;
  /** Manifests that others inherit from. */
  readonly read: readonly string[];
}

function settingsOf(input: PushInput, { plan, workingDirectory, read }: Read): string[] {
  const at = (path: string) => resolve(workingDirectory, path);
  const folders = [workingDirectory, plan.path, ...(input.target === undefined ? [] : [at(input.target)])];
  const own = input.manifest === false || input.manifest === 'none' ? [] : [...manifests, 'stackato.yml'];
  const named = typeof input.manifest === 'string' && own.length > 0 ? [at(input.manifest)] : [];
  const variables = input.varsFile.map(at);
  const found = folders.flatMap((folder) => own.map((name) => join(folder, name)));
  return [
    ...new Set([
      ...found,
      ...named,
      ...named.flatMap((file) => manifests.map((name) => join(file, name))),
      ...variables,
      ...read,
    ]),
  ];
}
