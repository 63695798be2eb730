import * as assert from 'uvu/assert';
import { ScriptInserter } from '#components/router/live-reload/insert-script.ts';
import { describe } from '../../../support/spec.ts';

const script = '<script></script>';

/** What becomes of a page that comes in these pieces. */
function inserted(pieces: readonly (string | Buffer)[]): string {
  const inserter = new ScriptInserter(script);
  const passed = pieces.map((piece) => inserter.take(piece));
  return Buffer.concat([...passed, inserter.end()]).toString('latin1');
}

/** Pages with the place of the script as `^`. */
const pages = [
  '<html><body>hello^</body></html>',
  '<HTML><BODY CLASS=a>hello^</BODY ></HTML>',
  '<body>hello^</body\n>',
  'hello^</body/>',
  '<p>a < b, a <b> and </ p></p>^</body>',
  '<body><p>no end^',
  '^',
  'plain text^',
  'it ends within </bod^',
  '<<<^</body>',
  '<a</body><p>^</body>',
  '<x-body></x-body></bodybuilder></body-x>^</body>',
  '<body>^</body></body>',
  '<!doctype html public "-//x//</body>"><p>^</body>',
  '<!-- </body> --><p>^</body>',
  '<!--><p>^</body>',
  '<!-- - -- --!><p>^</body>',
  '<!-- </body> -- > </body><p>^',
  '<?php </body ?><p>^</body>',
  '<script>document.write("<body></body>")</script><p>^</body>',
  '<SCRIPT src="a>b">"</scriptx></body>"</SCRIPT\t><p>^</body>',
  '<script>if (a</script>^</body>/.test(b))',
  '<style>a::after { content: "</body>" }</style>^</body>',
  '<textarea></body></textarea><title></body></title>^</body>',
  '<noscript></body></noscript><iframe></body></iframe>^</body>',
  '<script>never closed </body>^',
  '<iframe srcdoc="<body></body>"></iframe>^</body>',
  '<a title=\'</body>\' href = "</body>" data-x=</body><p>^</body>',
  '<p title="it\'s" data-y=a"b>^</body>',
  '<svg><title>x</title></svg>^</body>',
  '<h1>one</h1><h2>two</h2>^</body>',
  '<p>\xe4\xf6\xfc \xff\xfe^</body>',
];

describe('a script', (it) => {
  it('comes before the end of the body, or at the end, and nothing else changes', () => {
    for (const page of pages) assert.is(inserted([page.replace('^', '')]), page.replace('^', script), page);
  });

  it('comes there wherever the page is cut', () => {
    for (const page of pages) {
      const [bytes, expected] = [page.replace('^', ''), page.replace('^', script)];
      for (let at = 0; at <= bytes.length; at += 1) {
        assert.is(inserted([bytes.slice(0, at), Buffer.from(bytes.slice(at), 'latin1')]), expected, `${page} at ${at}`);
      }
      assert.is(inserted([...bytes]), expected, `${page}, byte by byte`);
    }
  });

  it('keeps back only what may be the end of the body', () => {
    const inserter = new ScriptInserter(script);
    const take = (text: string) => inserter.take(text).toString();

    assert.is(take('<body><h1>one'), '<body><h1>one');
    assert.is(take('</h1><'), '</h1>');
    assert.is(take('p>two</b'), '<p>two');
    assert.is(take('>three</bod'), '</b>three');
    assert.is(take('y'), '');
    assert.is(take('>'), `${script}</body>`);
    assert.is(take('</body'), '</body');
    assert.is(inserter.end().toString(), '');
  });

  it('makes each page longer by as much', () => {
    for (const page of pages) {
      const bytes = page.replace('^', '');
      assert.is(inserted([bytes]).length, bytes.length + new ScriptInserter(script).length);
    }
  });

  it('does not hold up a large page', () => {
    const inserter = new ScriptInserter(script);
    const piece = Buffer.from('<p class="a">0123456789 </p><!-- x -->'.repeat(2_000));
    let length = 0;

    for (let round = 0; round < 200; round += 1) length += inserter.take(piece).length;

    assert.is(length, piece.length * 200);
    assert.is(inserter.end().toString(), script);
  });
});
