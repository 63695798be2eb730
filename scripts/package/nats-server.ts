import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '#ground/digest.ts';
import { messageOf } from '#ground/errors.ts';
import { readIfThere, writeFileDurably } from '#ground/files.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';
import downloads from '../downloads.lock.json' with { type: 'json' };
import { fetchFromDebian } from '../nats-server/debian-package.ts';
import { downloadOfficial } from '../nats-server/official-release.ts';
import type { Target } from './targets.ts';

const { official, debian } = downloads.natsServer;

export interface NatsServerFile {
  readonly bytes: Uint8Array;
  /** As in `2.10.29`. */
  readonly version: string;
  /** For people. */
  readonly origin: string;
}

/**
 * The nats-server of a target: the official release, which is static, else Debian's. Both are pinned. For macOS, for
 * which none is, the one on this machine.
 * @throws Error saying what stands in the way
 */
export async function fetchNatsServer(target: Target, directory: string): Promise<NatsServerFile> {
  if (target.debian === undefined) return installed();
  const kept = await readKept(directory, target);
  if (kept !== undefined) return kept;
  const failures: string[] = [];
  for (const fetch of [fromRelease, fromDebian]) {
    try {
      const file = await fetch(target);
      await writeFileDurably(join(directory, nameOf(target, file)), file.bytes);
      await writeFileDurably(
        join(directory, recordOf(target)),
        JSON.stringify({ version: file.version, origin: file.origin, sha256: sha256Of(file.bytes) }),
      );
      return file;
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throw new Error(`nats-server for ${target.name} cannot be had:\n- ${failures.join('\n- ')}`);
}

async function fromRelease(target: Target): Promise<NatsServerFile> {
  const bytes = await downloadOfficial(official, target.natsServer);
  return { bytes, version: official.version, origin: `official release ${official.version}` };
}

async function fromDebian({ debian: architecture = '' }: Target): Promise<NatsServerFile> {
  const { bytes, packageVersion } = await fetchFromDebian({ architecture });
  const pins: Readonly<Record<string, string>> = debian.sha256;
  const sha256 = sha256Of(bytes);
  if (pins[architecture] !== sha256) {
    throw new Error(
      `Debian's package ${packageVersion} for ${architecture} holds ${sha256}; ${pins[architecture]} of ${debian.version} is pinned`,
    );
  }
  const version = packageVersion.replace(/-.*$/, '');
  return { bytes, version, origin: `from Debian's package ${packageVersion}` };
}

async function installed(): Promise<NatsServerFile> {
  const { path, version, origin } = await findNatsServer({ env: process.env, cacheDir: '' });
  return { bytes: await readFile(path), version, origin };
}

const nameOf = (target: Target, { bytes }: { bytes: Uint8Array }) =>
  `nats-server-${target.name}-${sha256Of(bytes).slice(0, 16)}`;
const recordOf = (target: Target) => `nats-server-${target.name}.json`;

async function readKept(directory: string, target: Target): Promise<NatsServerFile | undefined> {
  const text = await readIfThere(join(directory, recordOf(target)));
  if (text === undefined) return undefined;
  const { sha256, version, origin } = JSON.parse(text) as Record<'sha256' | 'version' | 'origin', string>;
  const bytes = await readFile(join(directory, `nats-server-${target.name}-${sha256.slice(0, 16)}`));
  // It was checked against what is pinned when it came.
  return sha256 === sha256Of(bytes) ? { bytes, version, origin } : undefined;
}
