import * as assert from 'uvu/assert';
import { type InstallInput, planOf } from '#cli/service/make-plan.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { planWith } from './a-plan.ts';

const nothing: InstallInput = {
  home: undefined,
  port: undefined,
  busPort: undefined,
  listen: undefined,
  domain: undefined,
  idleStop: undefined,
  openBus: false,
  isolation: undefined,
  requireIsolation: undefined,
  routerWorkers: undefined,
  verbose: false,
  sandbox: true,
};
const { account } = planWith();
const surroundings = {
  scope: 'system',
  account,
  program: ['/usr/local/bin/localpaas'],
  path: '/usr/bin:/bin',
  env: {},
} as const;

describe('plan of a service', (it) => {
  it('is the default of everything when nothing is said', () => {
    assert.equal(planOf(nothing, surroundings), planWith());
  });

  it('passes on the options of `up`, and only those that were given', () => {
    const input = {
      ...nothing,
      port: 80,
      busPort: 0,
      listen: '0.0.0.0',
      domain: 'pi.local',
      idleStop: '10m',
      openBus: true,
      isolation: '2',
      verbose: true,
    };

    const { options, port, listen, busPort } = planOf(input, surroundings);

    const expected =
      '--port 80 --bus-port 0 --listen 0.0.0.0 --domain pi.local --idle-stop 10m --open-bus --isolation 2 --verbose';
    assert.equal(options, expected.split(' '));
    assert.equal({ port, listen, busPort }, { port: 80, listen: '0.0.0.0', busPort: 0 });
  });

  it('has the home that is named, else that of the environment, else that of its user', () => {
    const env = { LOCALPAAS_HOME: '/srv/b' };
    assert.is(planOf({ ...nothing, home: '/srv/a/../c' }, { ...surroundings, env }).home, '/srv/c');
    assert.is(planOf(nothing, { ...surroundings, env }).home, '/srv/b');
    assert.is(planOf(nothing, { ...surroundings, env: { LOCALPAAS_HOME: '' } }).home, '/home/pi/.localpaas');
  });

  it('keeps the variables that say where parts of this installation are', () => {
    const env = { LOCALPAAS_NATS_SERVER: '/opt/nats', LOCALPAAS_CACHE: '/var/cache/paas', AWS_SECRET: 'x' };

    assert.equal(planOf(nothing, { ...surroundings, env }).environment, {
      PATH: '/usr/bin:/bin',
      LOCALPAAS_HOME: '/home/pi/.localpaas',
      LOCALPAAS_NATS_SERVER: '/opt/nats',
      LOCALPAAS_CACHE: '/var/cache/paas',
    });
  });

  it('takes localhost for an address, and refuses what a service cannot be given', async () => {
    assert.is(planOf({ ...nothing, listen: 'localhost' }, surroundings).listen, '127.0.0.1');
    const cases: [input: Partial<InstallInput>, refusal: RegExp][] = [
      [{ port: 0 }, /needs a port that is the same after each boot/],
      [{ port: 70_000 }, /port: /],
      [{ listen: 'pi.local' }, /--listen cannot be 'pi\.local': a service listens at an IP address/],
      [{ domain: 'not a domain' }, /domain: /],
      [{ home: '/srv/two\nlines' }, /"\/srv\/two\\nlines" has control characters/],
    ];
    for (const [input, refusal] of cases) {
      const error = await thrownBy(() => planOf({ ...nothing, ...input }, surroundings));
      assert.ok(error instanceof ActionableError && error.code === 'USAGE');
      assert.match(error.message, refusal);
    }
  });
});
