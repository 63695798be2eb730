import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { reasonOf } from '#ground/reason-of.ts';
import { describe } from '../support/spec.ts';
import { malformed } from './malformed.ts';
import type { Change } from './malformed-dea.ts';
import { type AnySubject, type Examples, fileNameOf, recordedExamples, subjectsOfContract } from './subjects.ts';

const subjects = await subjectsOfContract();
const examples = await recordedExamples();

type Part = 'message' | 'reply';

function schemaOf(subject: AnySubject, part: Part): v.GenericSchema<unknown, unknown> | undefined {
  if (part === 'message') return subject.schema;
  return 'reply' in subject ? subject.reply : undefined;
}

function examplesOf(subject: AnySubject): Examples {
  const found = examples.get(fileNameOf(subject.name));
  assert.ok(found, `test/contract/examples/${fileNameOf(subject.name)}.json is missing`);
  return found;
}

function bodiesOf(subject: AnySubject, part: Part): unknown[] {
  const { messages, replies } = examplesOf(subject);
  return (part === 'message' ? messages : (replies ?? [])).map(({ body }) => body);
}

/** The reason for which the schema refuses a value; `undefined` when it takes it. */
function refusal(schema: v.GenericSchema, value: unknown): string | undefined {
  const checked = v.safeParse(schema, value);
  return checked.success ? undefined : reasonOf(checked.issues);
}

/** A part with no content takes anything: the originals send what they like there. */
function takesAnything(schema: v.GenericSchema): boolean {
  return [null, 'text', 7, {}].every((value) => refusal(schema, value) === undefined);
}

/** A copy of `body` with one change. */
function changed(body: unknown, [path, value]: Change): unknown {
  const copy: unknown = structuredClone(body);
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let at = copy as Record<string, unknown>;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  assert.ok(typeof at === 'object' && at !== null, `the example has no place ${path}`);
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

describe('the contract', (it) => {
  it('has its subjects, each once', () => {
    const names = subjects.map(({ name }) => name);

    assert.ok(names.length >= 30, `only ${names.length} were found`);
    assert.equal(names.toSorted(), [...new Set(names)].toSorted());
  });

  it('has examples of each subject, and of nothing else', () => {
    assert.equal([...examples.keys()].toSorted(), subjects.map(({ name }) => fileNameOf(name)).toSorted());
    for (const subject of subjects) assert.is(examplesOf(subject).subject, subject.name);
  });

  it('has examples of the replies of each exchange, and of nothing else', () => {
    for (const subject of subjects) {
      assert.is(examplesOf(subject).replies !== undefined, 'reply' in subject, subject.name);
    }
  });

  it('has malformed examples of everything that is checked, and of nothing else', () => {
    const parts = subjects.flatMap((subject) =>
      (['message', 'reply'] as const).flatMap((part) => {
        const schema = schemaOf(subject, part);
        return schema === undefined || takesAnything(schema) ? [] : [`${part} of ${subject.name}`];
      }),
    );
    const listed = Object.entries(malformed).flatMap(([name, each]) =>
      Object.keys(each).map((part) => `${part} of ${name}`),
    );

    assert.equal(listed.toSorted(), parts.toSorted());
  });
});

for (const subject of subjects) {
  describe(subject.name, (it) => {
    for (const part of ['message', 'reply'] as const) {
      const schema = schemaOf(subject, part);
      if (schema === undefined) continue;

      it(`takes every ${part} that was seen`, () => {
        for (const body of bodiesOf(subject, part)) assert.is(refusal(schema, body), undefined);
      });

      if (takesAnything(schema)) continue;

      it(`refuses a ${part} that is no object`, () => {
        for (const value of [null, undefined, 'text', 7, true]) {
          assert.ok(refusal(schema, value), `${JSON.stringify(value)} was taken`);
        }
      });

      it(`refuses a malformed ${part}, naming the place`, () => {
        const [body] = bodiesOf(subject, part);
        for (const change of malformed[subject.name]?.[part] ?? []) {
          const reason = refusal(schema, changed(body, change));
          assert.ok(reason, `${JSON.stringify(change)} was taken`);
          assert.ok(reason.startsWith(change[0]), `${JSON.stringify(change)} was refused with: ${reason}`);
        }
      });
    }
  });
}
