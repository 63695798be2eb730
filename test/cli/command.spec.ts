import * as assert from 'uvu/assert';
import { choice, count, duration, flag, list, megabytes, type Parameter } from '#cli/command.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe } from '../support/spec.ts';

function parse<Value>(parameter: Parameter<Value>, text: string): Value | undefined {
  return parameter.parse?.(text, parameter.initial);
}

function refusalOf(parameter: Parameter<unknown>, text: string): string {
  try {
    return `taken as ${parse(parameter, text)}`;
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return `${error.code} ${error.message} ${error.remedy}`;
  }
}

describe('parameters of commands', (it) => {
  it('take whole numbers from their least on', () => {
    const instances = count('-i, --instances <number>', 'how many');
    const timeout = count('--timeout <seconds>', 'how long', 1);

    assert.is(parse(instances, '0'), 0);
    assert.is(parse(instances, '12'), 12);
    assert.is(refusalOf(instances, '-1'), "USAGE --instances cannot be '-1'. Give it a whole number, 0 or more.");
    for (const text of ['1.5', '', 'two', '1e3', ' 1', '99999999999999999999']) {
      assert.match(refusalOf(instances, text), /^USAGE --instances cannot be/);
    }
    assert.match(refusalOf(timeout, '0'), /a whole number, 1 or more/);
  });

  it('take sizes as megabytes', () => {
    const memory = megabytes('-m, --memory <size>', 'memory');

    assert.is(parse(memory, '256M'), 256);
    assert.is(parse(memory, '1G'), 1024);
    assert.is(parse(memory, '512'), 512);
    for (const text of ['0', 'M', '12X', '-5M', '']) {
      assert.match(refusalOf(memory, text), /^USAGE --memory cannot be '.*'\. Give it a size such as 256M or 1G\.$/);
    }
  });

  it('take a length of time as it was written', () => {
    const idleStop = duration('--idle-stop <time>', 'how long');

    assert.is(parse(idleStop, '1h30m'), '1h30m');
    for (const text of ['0s', '10', 'never', '']) {
      assert.match(refusalOf(idleStop, text), /^USAGE --idle-stop cannot be '.*'\. Give it a time such as 90s, 10m or/);
    }
  });

  it('take one of a few words', () => {
    const type = choice('--health-check-type <type>', 'what tells', ['port', 'http']);

    assert.is(parse(type, 'http'), 'http');
    assert.is(refusalOf(type, 'tcp'), "USAGE --health-check-type cannot be 'tcp'. Give it one of port, http.");
  });

  it('gather what is given again and again', () => {
    const env = list('-e, --env <KEY=VALUE>', 'a variable');

    assert.equal(env.parse?.('B=2', env.parse('A=1', env.initial)), ['A=1', 'B=2']);
  });

  it('are switched on by being there, or off where they begin with no', () => {
    assert.is(flag('--json', '').initial, false);
    assert.is(flag('--no-start', '').initial, true);
  });
});
