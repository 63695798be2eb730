import * as assert from 'uvu/assert';
import { databaseUrlIn, environmentFor, usersVariables } from '#workload/lifecycle/builder/environment.ts';
import { BuilderFailure } from '#workload/lifecycle/builder/failure.ts';
import type { BuilderOptions, BuilderWorld } from '#workload/lifecycle/builder/options.ts';
import { describe } from '../../../support/spec.ts';

const databases: [services: string, url: string | undefined][] = [
  ['', undefined],
  ['not JSON', undefined],
  ['{}', undefined],
  ['{"a":[{"credentials":{"uri":"http://h/"}}]}', undefined],
  ['{"a":[{"credentials":{"uri":"mysql://u@h/d"}}]}', 'mysql2://u@h/d'],
  ['{"a":[{"credentials":{"uri":"MySQL2://u@h/d"}}]}', 'mysql2://u@h/d'],
  ['{"a":[{"credentials":{"uri":"postgresql://h/d?x=y:z"}}]}', 'postgres://h/d?x=y:z'],
  [
    '{"z":[null,{},{"credentials":null}],"a":[{"credentials":{"uri":"postgres://1"}},{"credentials":{"uri":"mysql://2"}}]}',
    'postgres://1',
  ],
];

describe('the environment of a build', (it) => {
  it('names the first database among the services, in the order of the document', () => {
    for (const [services, url] of databases) assert.is(databaseUrlIn(services), url, services);
  });

  it('is left as it is when strict, but for the database', () => {
    const env = { STACK: 's', VCAP_SERVICES: '{"a":[{"credentials":{"uri":"mysql://h"}}]}' };
    assert.equal(environmentOf(env, true), { ...env, DATABASE_URL: 'mysql2://h' });
  });

  it('has the stack under both names, the time of the droplet, and the mark of the build', () => {
    const { STACK, CF_STACK, SOURCE_DATE_EPOCH, LOCALPAAS_BUILD } = environmentOf({ STACK: 's' }, false);
    assert.equal(
      { STACK, CF_STACK, SOURCE_DATE_EPOCH, LOCALPAAS_BUILD },
      {
        STACK: 's',
        CF_STACK: 's',
        SOURCE_DATE_EPOCH: '1234567890',
        LOCALPAAS_BUILD: 'mark',
      },
    );
    assert.is(environmentOf({ STACK: 's', CF_STACK: 'c', SOURCE_DATE_EPOCH: '7' }, false)['CF_STACK'], 'c');
    assert.is(environmentOf({ SOURCE_DATE_EPOCH: '7' }, false)['SOURCE_DATE_EPOCH'], '7');
  });

  it('is refused when the platform options are no JSON, or references to CredHub cannot be followed', () => {
    const credhub = { VCAP_PLATFORM_OPTIONS: '{"credhub-uri":"https://credhub"}' };
    for (const [env, code, words] of [
      [{ VCAP_PLATFORM_OPTIONS: '{' }, 3, /^Invalid platform options: /],
      [{ VCAP_PLATFORM_OPTIONS: '[]' }, 3, /^Invalid platform options: /],
      [
        { ...credhub, VCAP_SERVICES: '{"a":[{"credentials":{"credhub-ref":"/x"}}]}' },
        4,
        /^Unable to interpolate credhub refs: /,
      ],
    ] as const) {
      const { exitCode, message } = failureOf(env);
      assert.is(exitCode, code);
      assert.match(message, words);
    }
    assert.equal(environmentOf({ ...credhub, VCAP_SERVICES: '{}' }, true), { ...credhub, VCAP_SERVICES: '{}' });
  });

  it('holds what a user set beside what every process has', () => {
    const env = {
      PATH: '/bin',
      HOME: '/',
      VCAP_SERVICES: '{}',
      LC_ALL: 'C',
      CF_STACK: 's',
      RACK_ENV: 'test',
      PROCFILE: 'x',
    };
    assert.equal(usersVariables(env), { RACK_ENV: 'test', PROCFILE: 'x' });
  });
});

function environmentOf(env: Record<string, string>, strict: boolean): Readonly<Record<string, string>> {
  return environmentFor({ strict } as BuilderOptions, { env } as unknown as BuilderWorld, {
    mark: 'mark',
    time: new Date(1_234_567_890_000),
  });
}

function failureOf(env: Record<string, string>): BuilderFailure {
  try {
    environmentOf(env, true);
  } catch (error) {
    if (error instanceof BuilderFailure) return error;
    throw error;
  }
  throw new Error('It was taken.');
}
