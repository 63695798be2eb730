import { spawn } from 'node:child_process';
import { waitFor } from '#ground/wait.ts';
import { command, environmentOf } from './localpaas.ts';
import type { Scope } from './spec.ts';

/** A part of the platform, running alone in a process of its own. */
export interface RunningPart {
  readonly pid: number;
  /** What it has printed until now, both streams. */
  said(): string;
  /** The first match in what it prints. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal, and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

const limitMs = 15_000;

/** Starts `localpaas <args>`; it is stopped when the scope ends. */
export async function startPart(scope: Scope, home: string, args: readonly string[]): Promise<RunningPart> {
  const [program, ...first] = command();
  const env = await environmentOf(home);
  const child = spawn(program, [...first, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const exited = new Promise<number | null>((done) => child.once('close', done));
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    if (!isOver()) child.kill(signal);
    return exited;
  };
  scope.defer(async () => void (await stop()));
  const says = (pattern: RegExp) =>
    waitFor(
      `\`localpaas ${args[0]}\` to say ${pattern}`,
      () => {
        const found = pattern.exec(text);
        if (found === null && isOver()) throw new Error(`localpaas ${args.join(' ')} ended:\n${text}`);
        return found ?? undefined;
      },
      { limitMs },
    );
  return { pid: child.pid ?? 0, said: () => text, says, stop, exited };
}

/** A bus that is open to everybody, and its port. */
export async function startOpenBus(scope: Scope, home: string): Promise<RunningPart & { port: number; uri: string }> {
  const part = await startPart(scope, home, ['nats', '--port', '0']);
  const [, port = ''] = await part.says(/listens on nats:\/\/127\.0\.0\.1:(\d+)/);
  return { ...part, port: Number(port), uri: `nats://127.0.0.1:${port}` };
}

/** A stand-in for a cloud controller, and where it answers. */
export async function startFakeCc(
  scope: Scope,
  home: string,
  args: readonly string[] = [],
): Promise<RunningPart & { url: string }> {
  const part = await startPart(scope, home, ['fake-cc', '--port', '0', ...args]);
  const [, url = ''] = await part.says(/listens on (http:\/\/127\.0\.0\.1:\d+)/);
  return { ...part, url };
}
