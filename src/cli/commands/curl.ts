import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import type { HttpAnswer } from '#ground/http-client.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';

interface Input {
  readonly path: string;
  /** The method. */
  readonly request: string | undefined;
  readonly data: string | undefined;
  readonly header: readonly string[];
  readonly include: boolean;
}

/** Prints the body as it came. @returns 1 when the API refused */
export async function run(cli: Cli, { path, request, data, header, include }: Input): Promise<number> {
  if (!path.startsWith('/')) {
    throw new ActionableError('USAGE', `'${path}' is no path.`, 'Write what follows the host, such as /v3/apps.');
  }
  const body = data === undefined ? undefined : await bodyOf(cli, data);
  const verb = (request ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
  if (!/^[A-Z]+$/.test(verb))
    throw new ActionableError('USAGE', `'${request}' is no HTTP method.`, 'Methods are GET, POST, PUT, PATCH, DELETE.');
  const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headersOf(header) };
  const api = await ApiClient.open(cli);
  const answer = await api.raw(path, { method: verb, headers, ...(body === undefined ? {} : { body }) });
  if (include) cli.out.raw(headOf(answer));
  for await (const chunk of answer.stream) cli.out.raw(chunk);
  return answer.status < 400 ? 0 : 1;
}

function headOf({ status, stream }: HttpAnswer): string {
  const lines = [`HTTP/${stream.httpVersion} ${status} ${stream.statusMessage ?? ''}`.trimEnd()];
  for (let index = 0; index < stream.rawHeaders.length; index += 2) {
    lines.push(`${stream.rawHeaders[index]}: ${stream.rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*([^\r\n]*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) return [name.toLowerCase(), value];
      throw new ActionableError('USAGE', `'${line}' is no header.`, "Write it as 'Name: value'.");
    }),
  );
}

async function bodyOf(cli: Cli, data: string): Promise<string | Uint8Array> {
  if (data === '@-') return buffer(cli.input);
  if (!data.startsWith('@')) return data;
  const path = resolve(cli.workingDirectory, data.slice(1));
  try {
    return await readFile(path);
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === undefined) throw cause;
    throw new ActionableError('BAD_INPUT', `${path} cannot be read: ${code}.`, 'Name a file that can be read.', {
      cause,
    });
  }
}
