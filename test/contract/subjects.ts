import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import type { Exchange, Subject } from '#ground/subject.ts';

const contractDirectory = join(import.meta.dirname, '..', '..', 'src', 'contract');
const examplesDirectory = join(import.meta.dirname, 'examples');

export type AnySubject = Subject<unknown> | Exchange<unknown, unknown>;

/** Every subject and exchange that a file of the contract exports. */
export async function subjectsOfContract(): Promise<AnySubject[]> {
  const files = (await readdir(contractDirectory)).filter((name) => name.endsWith('.ts'));
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(contractDirectory, name)).href)));
  return modules.flatMap((module) => Object.values(module as Record<string, unknown>).filter(isSubject));
}

function isSubject(value: unknown): value is AnySubject {
  return typeof value === 'object' && value !== null && 'name' in value && 'schema' in value;
}

const Example = v.strictObject({ origin: v.pipe(v.string(), v.nonEmpty()), body: v.unknown() });

/** Messages that went over a bus, each with where it comes from. */
const Examples = v.strictObject({
  subject: v.string(),
  messages: v.pipe(v.array(Example), v.minLength(1)),
  replies: v.optional(v.pipe(v.array(Example), v.minLength(1))),
});
export type Examples = v.InferOutput<typeof Examples>;

/** The examples of `examples/`, by file name without `.json`. */
export async function recordedExamples(): Promise<Map<string, Examples>> {
  const names = (await readdir(examplesDirectory)).filter((name) => name.endsWith('.json'));
  const read = async (name: string): Promise<[string, Examples]> => {
    const text = await readFile(join(examplesDirectory, name), 'utf8');
    return [name.slice(0, -'.json'.length), v.parse(Examples, JSON.parse(text))];
  };
  return new Map(await Promise.all(names.map(read)));
}

/** The file's name for a subject: a star is no part of one on every system. */
export function fileNameOf(subject: string): string {
  return subject.replaceAll('*', '_');
}
