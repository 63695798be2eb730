import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { rubyTime } from '#contract/primitives.ts';
import type { DropletFile, DropletPlan } from './plan.ts';
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

/** Lays out a droplet: app/, logs/, tmp/, startup, stop, and what the plan adds. */
export async function writeDroplet(
  plan: DropletPlan,
  { sourceDir, destDir, moveSource, scripts, log }: DropletWriting,
): Promise<void> {
  mkdirSync(destDir, { recursive: true });
  chmodSync(destDir, 0o700);
  const app = join(destDir, 'app');
  if (moveSource) renameSync(sourceDir, app);
  else await cp(sourceDir, app, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  chmodSync(app, 0o755);
  for (const name of ['logs', 'tmp']) writeDirectory(join(destDir, name));

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

function writeFile(destDir: string, { path, text, mode }: DropletFile): void {
  const file = join(destDir, path);
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
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
