import type { LogLine } from '#contract/logs.ts';

type Lines = Readonly<Record<LogLine['stream'], readonly string[]>>;

const kept = 3;

/** What an app wrote last, and each of its sidecars. */
export class LastLines {
  readonly #bySidecar = new Map<string | undefined, Lines>();

  add(lines: readonly string[], stream: LogLine['stream'], sidecar: string | undefined): void {
    const told = lines.slice(-kept).filter((line) => line.trim() !== '');
    if (told.length === 0) return;
    const before = this.#bySidecar.get(sidecar) ?? { OUT: [], ERR: [] };
    this.#bySidecar.set(sidecar, { ...before, [stream]: [...before[stream], ...told].slice(-kept) });
  }

  /** Its complaints, if it had any. */
  of(sidecar: string | undefined): readonly string[] {
    const { OUT = [], ERR = [] } = this.#bySidecar.get(sidecar) ?? {};
    return ERR.length > 0 ? ERR : OUT;
  }
}
