import { createContext, runInContext } from 'node:vm';
import { ActionableError } from '#ground/errors.ts';

/** Patterns come with requests: one that takes for ever must not take the platform with it. */
const patternLimitMs = 1_000;

const ends: Readonly<Record<string, string>> = {
  '\\A': '(?<![\\s\\S])',
  '\\z': '(?![\\s\\S])',
  '\\Z': '(?=\\n?(?![\\s\\S]))',
};

/** A regular expression of Ruby's: `^` and `$` are at each line, `\A` and `\z` at the ends. @throws SyntaxError */
export function regularExpressionOf(source: string): RegExp {
  return new RegExp(
    source.replace(/\\./gs, (pair) => ends[pair] ?? pair),
    'm',
  );
}

/** @throws ActionableError BAD_INPUT for a pattern that is none; the matcher for one that never ends */
export function matcherFor(source: string): (text: string) => boolean {
  const refused = (why: string, cause?: unknown) =>
    new ActionableError(
      'BAD_INPUT',
      `The detection pattern '${source}' ${why}.`,
      "Correct it in `framework_info.detection` of the request, or in the framework's manifest.",
      { cause },
    );
  let expression: RegExp;
  try {
    expression = regularExpressionOf(source);
  } catch (cause) {
    throw refused('is no regular expression', cause);
  }
  if (source === '.') return (text) => expression.test(text);
  const context = createContext({ expression, text: '' });
  return (text) => {
    context['text'] = text;
    try {
      return Boolean(runInContext('expression.test(text)', context, { timeout: patternLimitMs }));
    } catch (cause) {
      throw refused(`takes longer than ${patternLimitMs} ms on a file`, cause);
    }
  };
}
