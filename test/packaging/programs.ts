import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A program that says it is a nats-server of this version, and counts beside itself how often it was asked. */
export function saysVersion(version: string): string {
  return `#!/bin/sh\necho asked >> "$0.asked"\necho "nats-server: v${version}"\n`;
}

export async function writeProgram(path: string, content: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, 0o755);
  return path;
}
