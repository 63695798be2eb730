import { open } from 'node:fs/promises';
import { join } from 'node:path';

const logs = ['logs/localpaas.log', 'nats-server/nats-server.log'];

/** What the platform and its message bus complain about, and how often. */
export class Remarks {
  readonly #counts = new Map<string, number>();
  readonly #sizes = new Map<string, number>();

  /** The most frequent first. */
  get all(): readonly (readonly [text: string, count: number])[] {
    return [...this.#counts].sort(([, one], [, other]) => other - one);
  }

  /** What stands in the logs of a home by now is old. */
  async skip(home: string): Promise<void> {
    for (const log of logs) this.#sizes.set(log, (await textFrom(join(home, log), 0)).length);
  }

  /** Counts what came since. */
  async gather(home: string): Promise<void> {
    for (const log of logs) {
      const text = await textFrom(join(home, log), this.#sizes.get(log) ?? 0);
      for (const line of text.toString('utf8').split('\n').flatMap(complaintIn)) {
        this.#counts.set(line, (this.#counts.get(line) ?? 0) + 1);
      }
    }
  }
}

async function textFrom(path: string, offset: number): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    return (await file.readFile()).subarray(offset);
  } catch {
    return Buffer.alloc(0); // it has not been written yet
  }
}

/** The same words for the same complaint, whatever it is about. */
function complaintIn(line: string): string[] {
  const ofBus = /\[(?:WRN|ERR|FTL)\] (.*)/.exec(line)?.[1];
  const text = ofBus === undefined ? ofPlatform(line) : `nats-server: ${ofBus}`;
  return text === undefined ? [] : [text.replaceAll(/[0-9a-f]{8}[0-9a-f-]{8,}|\d+(\.\d+)?/g, '#').slice(0, 160)];
}

function ofPlatform(line: string): string | undefined {
  try {
    const { level, event, error, component } = JSON.parse(line) as Record<string, unknown>;
    if (level !== 'warn' && level !== 'error') return undefined;
    return `${component ?? 'localpaas'}: ${event}${error === undefined ? '' : `: ${error}`}`;
  } catch {
    return undefined; // cut short
  }
}
