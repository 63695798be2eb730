import type { Layout } from './layout.ts';
import type { MountPoint } from './mount-table.ts';
import type { Tools } from './tools.ts';

/**
 * A program that makes a sandbox and then holds it: it prints `ready`, answers each line it reads with the same line
 * when it has killed all others inside, and ends, and the sandbox with it, at the end of its input.
 */
export interface HolderCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** What has to be there besides what the layout says. */
  readonly files?: readonly { readonly path: string; readonly text: string }[];
  readonly entries?: Layout['entries'];
}

interface SandboxPlace {
  /** Of the sandbox alone. */
  readonly directory: string;
  readonly tools: Tools;
  /** What is mounted on this machine and can be looked at. */
  readonly points: readonly MountPoint[];
}

/** A way to make sandboxes. */
export interface SandboxKind {
  readonly name: 'bubblewrap' | 'unshare';
  /** @throws ToolMissing */
  command(layout: Layout, place: SandboxPlace): HolderCommand;
}

/**
 * It is the first process inside: nobody there can end it, and what it kills is everybody else, until nobody is left. Its
 * input, from which nothing comes meanwhile, is its pause.
 */
export const holdScript = `
printf 'ready\\n'
while IFS= read -r line; do
  while kill -KILL -1 2>/dev/null; do
    IFS= read -rt 0.002 nothing
    [ $? -gt 128 ] || break
  done
  printf '%s\\n' "$line"
done
`.trim();

/** bash, without anything that the user has set for it. */
export const plainBash = ['--noprofile', '--norc', '-c'] as const;
