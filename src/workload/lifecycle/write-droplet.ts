import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { rubyTime } from '#contract/primitives.ts';
import type { DropletCopy, DropletFile, DropletLink, DropletPlan } from './plan.ts';
import { type ScriptVersion, startupText, stopText } from './startup-script.ts';

export interface DropletWriting {
  readonly sourceDir: string;
  readonly destDir: string;
  /** Moves the source into the droplet instead of copying it; both must be on one disk. */
  readonly moveSource: boolean;
  readonly scripts: ScriptVersion;
  /** Called for each line of staging.log. */
  readonly log: (line: string) => void;
}

/** Lays out a droplet: the app, logs/, tmp/, startup, stop, and what the plan adds. */
export async function writeDroplet(
  plan: DropletPlan,
  { sourceDir, destDir, moveSource, scripts, log }: DropletWriting,
): Promise<void> {
  mkdirSync(destDir, { recursive: true });
  chmodSync(destDir, 0o700);
  const app = join(destDir, plan.appDirectory ?? 'app');
  mkdirSync(dirname(app), { recursive: true, mode: 0o755 });
  if (moveSource) renameSync(sourceDir, app);
  else await cp(sourceDir, app, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  chmodSync(app, 0o755);
  for (const name of ['logs', 'tmp']) writeDirectory(join(destDir, name));

  for (const copy of plan.copies ?? []) await copyIn(destDir, copy);
  for (const link of plan.links ?? []) writeLink(destDir, link);
  for (const file of plan.files ?? []) writeFile(destDir, file);
  writeFile(destDir, { path: 'startup', text: startupText(plan.startup, scripts), mode: 0o500 });
  writeFile(destDir, { path: 'stop', text: stopText(plan.stop), mode: 0o500 });
  writeStagingLog(destDir, plan.log ?? [], log);
  if (plan.appMode !== undefined) await changeModes(app, plan.appMode);
}

/** The modes are given again after the making, which the process's umask narrows. */
function writeDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
}

/** What the app itself has in that place stays. */
async function copyIn(destDir: string, { from, to }: DropletCopy): Promise<void> {
  const place = join(destDir, to);
  if (!existsSync(place)) await cp(from, place, { recursive: true, dereference: true });
}

function writeLink(destDir: string, { path, target }: DropletLink): void {
  const place = join(destDir, path);
  rmSync(place, { recursive: true, force: true });
  symlinkSync(target, place);
}

function writeFile(destDir: string, { path, text, mode, replaces = false }: DropletFile): void {
  const file = join(destDir, path);
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  if (replaces) rmSync(file, { force: true });
  writeFileSync(file, text, { flag: 'wx' });
  chmodSync(file, mode);
}

/** Exists only where there is something to say; its first line is the one Ruby's logger began every file with. */
function writeStagingLog(destDir: string, lines: readonly string[], log: (line: string) => void): void {
  if (lines.length === 0) return;
  const all = [`# Logfile created on ${rubyTime(new Date())} by logger.rb/31641`, ...lines];
  writeFile(destDir, { path: 'logs/staging.log', text: `${all.join('\n')}\n`, mode: 0o644 });
  for (const line of all) log(line);
}

async function changeModes(path: string, mode: number): Promise<void> {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return;
  chmodSync(path, mode);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) await changeModes(join(path, name), mode);
  await turn(); // others run in between, however large the app is
}
