import type { Msg } from '@nats-io/transport-node';
import type * as v from 'valibot';
import { routerActiveApps } from '#contract/routes.ts';
import { parse } from '#ground/message-text.ts';
import { messagesOfOriginals, repliesOfOriginals } from './originals.ts';

const maxRequests = 10_000;
const maxMistakes = 50;

/** Checks what a platform publishes against what the originals take out of it. */
export class Listener {
  /** What an original would stumble over, each kind once: subject and reason. */
  readonly mistakes = new Map<string, string>();
  /** How many messages were checked, by subject; replies under `reply to …`. */
  readonly checked = new Map<string, number>();
  /** Subjects of requests by the inbox of their replies. */
  readonly #requests = new Map<string, string>();

  /** Whoever asks tells where the replies will come, so that these can be checked too. */
  expect(inbox: string, subject: string): void {
    this.#requests.set(inbox, subject);
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > maxRequests && oldest !== undefined) this.#requests.delete(oldest);
  }

  hear({ subject, reply, data }: Msg): void {
    if (reply !== undefined && reply !== '' && !subject.startsWith('$')) this.expect(reply, subject);
    const request = this.#requests.get(subject);
    const schema = request === undefined ? schemaOf(messagesOfOriginals, subject) : repliesOfOriginals[request];
    if (schema === undefined) return;
    const name = request === undefined ? subject.replace(/^dea\.[^.]+\.start$/, 'dea.*.start') : `reply to ${request}`;
    this.#check(name, schema, data);
  }

  #check(name: string, schema: v.GenericSchema, data: Uint8Array): void {
    this.checked.set(name, (this.checked.get(name) ?? 0) + 1);
    const parsed = parse({ ...(name === routerActiveApps.name ? routerActiveApps : {}), schema }, data);
    if (parsed.ok || this.mistakes.size >= maxMistakes) return;
    const message = new TextDecoder().decode(data).slice(0, 500);
    this.mistakes.set(`${name}: ${parsed.reason}`, message);
  }
}

function schemaOf(schemas: Readonly<Record<string, v.GenericSchema>>, subject: string): v.GenericSchema | undefined {
  return schemas[subject] ?? (/^dea\.[^.]+\.start$/.test(subject) ? schemas['dea.*.start'] : undefined);
}
