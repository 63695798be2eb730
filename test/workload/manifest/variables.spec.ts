import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { appsOf, attributesOf, refusalOf, sample } from './manifests.ts';

describe('variables of a manifest', (it) => {
  it('keep their type where they are the whole value, and become text within one', () => {
    const vars = `
stage: test
size: 96M
counts: { web: 2 }
hidden: no
routes: [{ route: a.localhost }]
db: { host: 10.0.0.1, port: 5432 }
nested: one of ((stage))
`;
    const [app] = appsOf(sample('variables.manifest.yml'), { vars });

    assert.equal(app?.attributes, {
      name: 'app-test',
      memory: '96M',
      instances: 2,
      'no-route': false,
      routes: [{ route: 'a.localhost' }],
      env: { URL: 'http://10.0.0.1:5432/', NESTED: 'one of test' },
    });
  });

  it('come from files, and count more from the command line', () => {
    const memory = (pairs: string[]) => attributesOf('memory: ((m))', { vars: 'm: 1M', pairs })['memory'];

    assert.is(memory([]), '1M');
    assert.is(memory(['m=2M']), '2M');
    assert.is(attributesOf('instances: ((n))', { pairs: ['n=3'] })['instances'], 3);
    assert.equal(attributesOf('env: {A: ((a)), B: x((a))}', { pairs: ['a=b=c: [d'] })['env'], {
      A: 'b=c: [d',
      B: 'xb=c: [d',
    });
    assert.equal(attributesOf('env: {A: ((v))}', { vars: 'v: 1.10' })['env'], { A: '1.10' });
    assert.equal(attributesOf('env: {((key)): x}', { pairs: ['key=NAME'] })['env'], { NAME: 'x' });
    assert.equal(attributesOf('env: {A: "((a.b))"}', { vars: '"a.b": exact\na: {b: deep}' })['env'], { A: 'exact' });
  });

  it('are all named when they are missing', () => {
    assert.is(
      refusalOf(() =>
        attributesOf('env: {A: ((z)), B: "x((db.host))", C: ((known))}', { vars: 'known: 1\ndb: {port: 1}' }),
      ),
      'BAD_INPUT /m/manifest.yml:3:12: Expected to find variables: db.host, z. Give each a value: `--var db.host=…`, or a file of them with `--vars-file`.',
    );
  });

  it('are refused when they form a ring, are no text where text is needed, or are written wrongly', () => {
    const cases: [() => unknown, RegExp][] = [
      [
        () => attributesOf('env: {A: ((a))}', { vars: 'a: x((b))\nb: ((a))' }),
        /vars\.yml:2:4: variables need each other: \(\(a\)\) → \(\(b\)\) → \(\(a\)\)\. Give one of them/,
      ],
      [
        () => attributesOf('env: {A: "x((a))"}', { vars: 'a: [1]' }),
        /:3:12: \(\(a\)\) is a list or a mapping and cannot become part of a text/,
      ],
      [() => attributesOf('memory: 1M', { pairs: ['=x'] }), /^USAGE --var cannot be '=x'\. Write it as KEY=VALUE/],
      [() => attributesOf('memory: 1M', { vars: '- a' }), /vars\.yml:1:1: A file of variables must be written as/],
      [
        () => attributesOf('memory: 1M', { vars: 'a: 1\na: 2' }),
        /vars\.yml:2:1: the key 'a' stands here for the second time/,
      ],
    ];
    for (const [work, expected] of cases) assert.match(refusalOf(work), expected);
  });

  it('cannot multiply themselves', () => {
    const vars = Array.from({ length: 40 }, (_, n) => `v${n}: ((v${n + 1}))((v${n + 1}))`).join('\n');

    assert.match(
      refusalOf(() => attributesOf('env: {A: ((v0))}', { vars: `${vars}\nv40: x` })),
      /what the variables stand for adds up to more than 4 MB\. Use fewer variables/,
    );
  });
});
