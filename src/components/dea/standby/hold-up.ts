import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { ensureDirectory, replaceFile } from '#ground/files.ts';
import { jsonIn } from '#ground/json-in.ts';
import { preBootScript } from './pre-boot-script.ts';

/** What the script says of the program into which it was loaded. */
const Hello = v.object({ pid: v.number(), main: v.string(), program: v.string() });
export type Hello = v.InferOutput<typeof Hello>;

type Variables = Readonly<Record<string, string>>;

/** The environment in which a node waits before it does anything. @param scripts where the script lies, or will lie */
export async function heldUp(env: Variables, scripts: string): Promise<Variables> {
  const { name, text } = preBootScript();
  const path = join(await ensureDirectory(scripts), name);
  if (!existsSync(path)) await replaceFile(path, text, { mode: 0o444 });
  const option = `--require "${path.replaceAll(/[\\"]/g, '\\$&')}"`;
  return { ...env, NODE_OPTIONS: [option, env['NODE_OPTIONS'] ?? ''].join(' ').trim() };
}

/** What is said through descriptor 4 of a program. @throws Error when it ends first, or says something else */
export function helloOf(control: Duplex): Promise<Hello> {
  return new Promise((resolve, reject) => {
    let text = '';
    control.on('close', () => reject(new Error('It ended.')));
    control.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const hello = text.endsWith('\n') ? v.safeParse(Hello, jsonIn(text)) : undefined;
      if (hello?.success === true) resolve(hello.output);
      else if (hello !== undefined) reject(new Error('It said something else.'));
    });
  });
}
