import * as assert from 'uvu/assert';
import { allowingScript } from '#components/router/live-reload/content-security-policy.ts';
import { describe } from '../../../support/spec.ts';

const cases: [policy: string, allowing: string, why: string][] = [
  ["img-src 'none'", "img-src 'none'", 'says nothing of scripts'],
  ["default-src 'self'", "default-src 'self'", 'allows it already'],
  ['default-src *', 'default-src *', 'allows everything'],
  ["default-src 'none'", "default-src 'none'; script-src 'self'; connect-src 'self'", 'forbids everything'],
  [
    "default-src https://cdn.example; style-src 'unsafe-inline'",
    "default-src https://cdn.example; style-src 'unsafe-inline'; script-src https://cdn.example 'self'; connect-src https://cdn.example 'self'",
    'names other places: what was allowed stays so',
  ],
  ["script-src 'none'", "script-src 'self'", 'replaces none'],
  ["Script-Src 'NONE'", "Script-Src 'self'", 'whatever the case'],
  [
    "script-src 'unsafe-inline'",
    "script-src 'unsafe-inline' 'self'",
    'takes no nonce, which would forbid what is inline',
  ],
  ["script-src 'nonce-abc' 'unsafe-inline'", "script-src 'nonce-abc' 'unsafe-inline' 'nonce-N'", 'has nonces'],
  ["script-src 'sha256-abc='", "script-src 'sha256-abc=' 'nonce-N'", 'has hashes'],
  ["script-src 'self' 'strict-dynamic'", "script-src 'self' 'strict-dynamic' 'nonce-N'", 'ignores self'],
  [
    "script-src 'self'; script-src-elem https://cdn.example",
    "script-src 'self'; script-src-elem https://cdn.example 'self'",
    'has a rule for elements',
  ],
  ['connect-src https://api.example', "connect-src https://api.example 'self'", 'forbids the events'],
  ["default-src 'none'; connect-src *", "default-src 'none'; connect-src *; script-src 'self'", 'allows the events'],
  ["script-src 'none'; script-src *", "script-src 'self'; script-src *", 'the first of two counts'],
  ["default-src 'self', script-src 'none'", "default-src 'self', script-src 'self'", 'several at once'],
  [" ; default-src\t'none' ;; ", "default-src 'none'; script-src 'self'; connect-src 'self'", 'blanks'],
  ['', '', 'nothing'],
];

describe('a Content-Security-Policy', (it) => {
  it('allows the script and its events, and nothing else that it did not', () => {
    for (const [policy, allowing, why] of cases) assert.is(allowingScript(policy, 'N'), allowing, `${policy}: ${why}`);
  });
});
