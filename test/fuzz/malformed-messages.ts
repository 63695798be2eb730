import { deflateSync } from 'node:zlib';
import { type AnySubject, fileNameOf, recordedExamples, subjectsOfContract } from '../contract/subjects.ts';
import type { Random } from './random.ts';

export interface Message {
  readonly subject: string;
  /** The subject as the contract names it. */
  readonly name: string;
  readonly payload: Uint8Array;
}

interface Target {
  readonly name: string;
  readonly subject: string;
  /** Whether its messages travel deflated. */
  readonly isDeflated: boolean;
  /** Good messages, to be spoiled. */
  readonly examples: readonly unknown[];
}

/** Subjects of 2012 and 2013 on which nothing of ours speaks or listens. */
const foreign = ['staging.advertise', 'staging.locate', 'staging.0123abcd.start', 'staging.stop'];

const encoder = new TextEncoder();
const mebibyte = 1024 * 1024;
const bomb = deflateSync(Buffer.alloc(32 * mebibyte, ' '));

/** Makes messages on every subject of the contract that are wrong in one way or another. */
export class MalformedMessages {
  readonly #targets: readonly Target[];
  readonly #random: Random;

  private constructor(targets: readonly Target[], random: Random) {
    this.#targets = targets;
    this.#random = random;
  }

  /** @param dea the id of a DEA that is there, so that it hears what is sent to it alone */
  static async of(random: Random, dea: string): Promise<MalformedMessages> {
    const examples = await recordedExamples();
    const targets = (await subjectsOfContract()).map(({ name, coding }: AnySubject) => ({
      name,
      subject: name.replace('*', name === 'dea.*.start' ? dea : 'fuzz'),
      isDeflated: coding === 'deflate',
      examples: (examples.get(fileNameOf(name))?.messages ?? []).map(({ body }) => body),
    }));
    const others = foreign.map((name) => ({
      name,
      subject: name,
      isDeflated: false,
      examples: [{ id: 'x', stacks: [], app_id: 7 }],
    }));
    return new MalformedMessages([...targets, ...others], random);
  }

  get subjects(): readonly string[] {
    return this.#targets.map(({ name }) => name);
  }

  next(): Message {
    const { name, subject, isDeflated, examples } = this.#random.of(this.#targets);
    const payload = this.#payload(this.#random.of(examples));
    return { name, subject, payload: isDeflated ? this.#deflated(payload) : payload };
  }

  /** Mostly well; else damaged, as it was, or far more than it seems to be. */
  #deflated(payload: Uint8Array): Uint8Array {
    const kind = this.#random.next();
    if (kind < 0.6) return deflateSync(payload);
    if (kind < 0.8) return this.#damaged(deflateSync(payload));
    return kind < 0.99 ? payload : bomb;
  }

  #payload(example: unknown): Uint8Array {
    const random = this.#random;
    const kind = random.next();
    if (kind < 0.6) return encoder.encode(JSON.stringify(this.#spoiled(example)));
    if (kind < 0.75) return encoder.encode(random.of(texts));
    if (kind < 0.87) return this.#damaged(encoder.encode(JSON.stringify(example)));
    if (kind < 0.9) return encoder.encode(nested(random.of([50, 1_000, 20_000]), random.happens(0.5)));
    if (kind < 0.902) return encoder.encode(huge(random.happens(0.5)));
    return Uint8Array.from({ length: random.below(64) }, () => random.below(256));
  }

  /** A copy with one to three places that are not what they should be. */
  #spoiled(example: unknown): unknown {
    const box = { body: structuredClone(example) };
    for (let count = 1 + this.#random.below(3); count > 0; count -= 1) {
      const places = placesIn(box);
      if (places.length === 0) break; // nothing is left of it
      const [holder, key] = this.#random.of(places);
      if (this.#random.happens(0.25)) Reflect.deleteProperty(holder, key);
      else Reflect.set(holder, key, structuredClone(this.#random.of(values)));
    }
    return box.body ?? null;
  }

  /** The bytes cut short, or one of them another. */
  #damaged(bytes: Uint8Array): Uint8Array {
    if (this.#random.happens(0.5)) return bytes.slice(0, this.#random.below(bytes.length + 1));
    const copy = bytes.slice();
    copy[this.#random.below(copy.length)] = this.#random.below(256);
    return copy;
  }
}

/** Every place of a value that can be something else. */
function placesIn(value: object): [holder: object, key: string][] {
  return Object.entries(value).flatMap(([key, each]) => {
    const inside = typeof each === 'object' && each !== null ? placesIn(each as object) : [];
    return [[value, key] as [object, string], ...inside];
  });
}

/** Few kinds of names, so that what is kept of good messages among these has an end. */
const values: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  7,
  65_536,
  2 ** 53,
  1e308,
  -1e308,
  '',
  ' ',
  'x',
  '7',
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  'a.b > c *',
  "'; rm -rf . #",
  'http://127.0.0.1:1/x',
  '(a+)+$',
  'x'.repeat(10_000),
  [],
  {},
  [null],
  [[], {}],
  { x: { y: [1, 'z', null] } },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  Array.from({ length: 500 }, (_, index) => index),
];

const texts: readonly string[] = [
  '',
  ' ',
  'null',
  'true',
  '7',
  '1e999',
  '-',
  '"text"',
  '[]',
  '{}',
  '{',
  '[1,',
  '{"a":}',
  "{'droplet': 50}",
  'nul',
  'undefined',
  '{"droplet":"x","droplet":{}}',
  '\ufeff{}',
  '--- {droplet: 50}',
  'PUB a 1\r\nx\r\n',
];

function nested(depth: number, isClosed: boolean): string {
  return '{"droplet":'.repeat(depth) + (isClosed ? `1${'}'.repeat(depth)}` : '');
}

/** As much as a message can hold. */
function huge(isJson: boolean): string {
  const around = '{"droplet":""}';
  const filling = 'y'.repeat(mebibyte - around.length);
  return isJson ? `{"droplet":"${filling}"}` : filling;
}
