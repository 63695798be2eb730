import * as assert from 'uvu/assert';
import { GoFlagsEnd, parseGoFlags, usageOf } from '#workload/lifecycle/go-flags.ts';
import { describe } from '../../support/spec.ts';

const flags = {
  dir: { type: 'string', default: '/tmp/app', usage: 'where the app is' },
  empty: { type: 'string', default: '', usage: 'a `list` of names' },
  attempts: { type: 'int', default: 3, usage: 'how often' },
  delay: { type: 'duration', default: 1_000, usage: 'how long' },
  skip: { type: 'bool', default: false, usage: 'skip it' },
  v: { type: 'bool', default: true, usage: 'say more' },
} as const;
const defaults = { dir: '/tmp/app', empty: '', attempts: 3, delay: 1_000, skip: false, v: true };
const usage = [
  'Usage of toy:',
  '  -attempts int',
  '    \thow often (default 3)',
  '  -delay duration',
  '    \thow long (default 1s)',
  '  -dir string',
  '    \twhere the app is (default "/tmp/app")',
  '  -empty list',
  '    \ta list of names',
  '  -skip',
  '    \tskip it',
  '  -v\tsay more (default true)',
  '',
].join('\n');

const understood: [readonly string[], Partial<typeof defaults> | Record<string, unknown>, readonly string[]][] = [
  [[], {}, []],
  [['-dir=/x'], { dir: '/x' }, []],
  [['-dir', '/x'], { dir: '/x' }, []],
  [['--dir=/x', '--skip'], { dir: '/x', skip: true }, []],
  [['-dir', '-skip'], { dir: '-skip' }, []],
  [['-dir='], { dir: '' }, []],
  [['-dir=a=b\nc'], { dir: 'a=b\nc' }, []],
  [['-skip', 'x', '-v=false'], { skip: true }, ['x', '-v=false']],
  [['-skip=T', '-v=0'], { skip: true, v: false }, []],
  [['-skip', '--', '-v'], { skip: true }, ['-v']],
  [['-', '-skip'], {}, ['-', '-skip']],
  [['', '-skip'], {}, ['', '-skip']],
  [['-attempts=-7'], { attempts: -7 }, []],
  [['-attempts', '0x1F'], { attempts: 31 }, []],
  [['-attempts', '010'], { attempts: 8 }, []],
  [['-attempts', '1_000'], { attempts: 1_000 }, []],
  [['-delay=1h2m3.5s'], { delay: 3_723_500 }, []],
  [['-delay=.5s'], { delay: 500 }, []],
  [['-delay=-300ms'], { delay: -300 }, []],
  [['-delay=0'], { delay: 0 }, []],
  [['-dir=a', '-dir=b'], { dir: 'b' }, []],
];

const refused: [readonly string[], string][] = [
  [['-nope'], 'flag provided but not defined: -nope'],
  [['-nope=1'], 'flag provided but not defined: -nope'],
  [['-toString'], 'flag provided but not defined: -toString'],
  [['---dir=x'], 'bad flag syntax: ---dir=x'],
  [['-=x'], 'bad flag syntax: -=x'],
  [['--=x'], 'bad flag syntax: --=x'],
  [['-dir'], 'flag needs an argument: -dir'],
  [['-attempts', 'many'], 'invalid value "many" for flag -attempts: parse error'],
  [['-attempts='], 'invalid value "" for flag -attempts: parse error'],
  [['-attempts=08'], 'invalid value "08" for flag -attempts: parse error'],
  [['-attempts=9223372036854775808'], 'invalid value "9223372036854775808" for flag -attempts: value out of range'],
  [['-delay=1'], 'invalid value "1" for flag -delay: parse error'],
  [['-delay=.s'], 'invalid value ".s" for flag -delay: parse error'],
  [['-delay=9999999999h'], 'invalid value "9999999999h" for flag -delay: parse error'],
  [['-skip=yes'], 'invalid boolean value "yes" for -skip: parse error'],
  [['-skip=constructor'], 'invalid boolean value "constructor" for -skip: parse error'],
  [['-skip=a"\t\u0001é'], String.raw`invalid boolean value "a\"\t\x01é" for -skip: parse error`],
];

describe("command lines in Go's manner", (it) => {
  it('reads flags in each of their spellings, up to the first word that is none', () => {
    for (const [args, values, operands] of understood) {
      const parsed = parseGoFlags('toy', flags, args);
      assert.equal({ ...parsed.values }, { ...defaults, ...values }, args.join(' '));
      assert.equal(parsed.operands, operands, args.join(' '));
    }
  });

  it('refuses what it does not understand with a reason, the usage and 2', () => {
    for (const [args, reason] of refused) assert.equal(endOf(args), { exitCode: 2, stderr: `${reason}\n${usage}` });
  });

  it('answers -h and -help with the usage and 0, unless there is such a flag', () => {
    for (const word of ['-h', '-help', '--help', '-h=x']) assert.equal(endOf([word]), { exitCode: 0, stderr: usage });
    const own = { h: { type: 'bool', default: false, usage: 'half' } } as const;
    assert.is(parseGoFlags('toy', own, ['-h']).values.h, true);
  });

  it('says defaults as Go prints them', () => {
    const printed = (ms: number) =>
      usageOf('toy', { d: { type: 'duration', default: ms, usage: '' } }).match(/default (.*)\)/)?.[1];
    const all = [300, 60_000, 1_500, 3_600_500, 0.25, 0.000_007, -1_000].map(printed);
    assert.equal(all, ['300ms', '1m0s', '1.5s', '1h0m0.5s', '250µs', '7ns', '-1s']);
    assert.is(printed(0), undefined);
  });
});

function endOf(args: readonly string[]): { exitCode: number; stderr: string } | undefined {
  try {
    parseGoFlags('toy', flags, args);
    return undefined;
  } catch (error) {
    if (!(error instanceof GoFlagsEnd)) throw error;
    return { exitCode: error.exitCode, stderr: error.stderr };
  }
}
