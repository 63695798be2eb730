import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { BusAddress } from '#ground/bus.ts';
import { jsonIn } from '#ground/json-in.ts';
import type { LogEntry } from '#ground/log.ts';
import type { Metric } from '#vcap/metrics-text.ts';
import type { Address } from './handover.ts';
import type { RouterOptions } from './options.ts';

/** What one process of a router has to tell about itself. */
export interface Figures {
  readonly varz: object;
  readonly metrics: readonly Metric[];
}

/** What the first process of a router tells another one. Both are the same program, so neither doubts the other. */
export type Order =
  | {
      readonly kind: 'begin';
      readonly bus: BusAddress;
      readonly options: RouterOptions;
      /** Where the socket listens. */
      readonly address: Address;
      /** How many routes the first process knows. */
      readonly uris: number;
    }
  | { readonly kind: 'tell'; readonly id: number }
  /** @see RunningRouter: `release` where hands are changed, else `leave` */
  | { readonly kind: 'leave'; readonly isHandover: boolean }
  | { readonly kind: 'stop' };

export type Report =
  /** It takes requests. */
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'told'; readonly id: number } & Figures)
  | { readonly kind: 'log'; readonly level: LogEntry['level']; readonly event: string; readonly fields: object }
  /** Apps that were asked for. */
  | { readonly kind: 'asked'; readonly apps: readonly string[] }
  /** Lines of the access log, for the standard output. */
  | { readonly kind: 'lines'; readonly text: string }
  /** The file of access lines has got too long. */
  | { readonly kind: 'full' }
  /** It needs the platform's own endpoints no longer. */
  | { readonly kind: 'left' };

interface Ends {
  readonly input: Readable;
  readonly output: Writable;
}

/** Messages as lines of JSON, both ways. What is none, such as a word of a library, is left out. */
export class Channel<Out extends Order | Report, In extends Order | Report> {
  readonly #output: Writable;

  /** @param gone is told of the end of the other process */
  constructor({ input, output }: Ends, { receive, gone }: { receive: (message: In) => void; gone?: () => void }) {
    this.#output = output;
    output.on('error', () => {}); // its end is told by the input
    const lines = createInterface({ input });
    lines.on('line', (line) => {
      const message = jsonIn(line) as In | undefined; // from this very program
      if (message?.kind !== undefined) receive(message);
    });
    if (gone !== undefined) lines.once('close', gone);
  }

  send(message: Out): void {
    if (this.#output.writable) this.#output.write(`${JSON.stringify(message)}\n`);
  }
}
