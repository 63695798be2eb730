import { readFile } from 'node:fs/promises';

/** What the DEA of 2012 was heard to say, as it came. */
export async function recordingOf(name: string): Promise<string> {
  return readFile(new URL(`recordings/${name}`, import.meta.url), 'utf8');
}

/** The payload of a recorded message. */
export async function recordedPayload(name: string): Promise<Record<string, unknown>> {
  const { payload } = JSON.parse(await recordingOf(`${name}.json`)) as { payload: Record<string, unknown> };
  return payload;
}

/** The keys of a value, of what is in it too: `stats.usage.cpu`. Lists count as one key. */
export function keysOf(value: unknown, prefix = ''): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [prefix];
  return Object.entries(value).flatMap(([key, each]) => keysOf(each, prefix === '' ? key : `${prefix}.${key}`));
}
