import { deflateSync } from 'node:zlib';
import type { Msg } from '@nats-io/transport-node';
import * as assert from 'uvu/assert';
import { routerActiveApps } from '#contract/routes.ts';
import { recordedExamples } from '../contract/subjects.ts';
import { describe } from '../support/spec.ts';
import { Listener } from './listener.ts';
import { messagesOfOriginals, repliesOfOriginals } from './originals.ts';

const examples = await recordedExamples();
/** Those of 2011 had numbers for ids of apps, which is not for us to send. */
const textOf = (body: unknown) =>
  JSON.stringify(body, (key, value: unknown) =>
    key === 'droplet' && typeof value === 'number' ? String(value) : value,
  );
/** As it arrives; only what a listener looks at. */
function message(subject: string, body: unknown, reply = ''): Msg {
  const text = new TextEncoder().encode(body === null ? '' : textOf(body));
  return { subject, reply, data: subject === routerActiveApps.name ? deflateSync(text) : text } as unknown as Msg;
}

function recorded(all: readonly { body?: unknown; origin: string }[]): unknown[] {
  return all.filter(({ origin }) => origin.startsWith('recorded')).map(({ body }) => body);
}

describe('what listens to a platform', (it) => {
  it('is content with every message of the originals that was recorded', () => {
    for (const { subject, messages, replies = [] } of examples.values()) {
      const listener = new Listener();
      for (const body of recorded(messages)) listener.hear(message(subject.replace('*', 'abc'), body));
      listener.expect('_INBOX.1', subject);
      for (const body of recorded(replies)) listener.hear(message('_INBOX.1', body));
      assert.equal([...listener.mistakes], [], subject);
    }
  });

  it('misses each field that an original takes for granted', () => {
    for (const [subject, schema] of Object.entries(messagesOfOriginals)) {
      if (schema.type === 'null') continue;
      const listener = new Listener();
      listener.hear(message(subject.replace('*', 'abc'), {}));
      assert.is(listener.mistakes.size, 1, subject);
    }
    for (const subject of Object.keys(repliesOfOriginals)) {
      const listener = new Listener();
      listener.hear(message(subject, null, '_INBOX.2')); // from here on it knows what the inbox is for
      listener.mistakes.clear();
      listener.hear(message('_INBOX.2', {}));
      assert.is(listener.mistakes.size, 1, subject);
    }
  });

  it('does not take text for nothing, and says which message it was', () => {
    const listener = new Listener();

    listener.hear(message('healthmanager.start', 'null'));
    listener.hear(message('dea.0123.start', { droplet: true }));

    assert.equal([...listener.mistakes.values()], ['"null"', '{"droplet":true}']);
    assert.match([...listener.mistakes.keys()][1] ?? '', /^dea\.\*\.start: droplet/);
  });
});
