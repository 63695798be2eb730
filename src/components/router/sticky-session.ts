import type { AnswerHead } from './answer-head.ts';

/** The cookie by which a client comes back to the instance that keeps its session. */
const cookieName = '__VCAP_ID__';

/**
 * The instance a request wants to return to, from its Cookie header. `VCAP_ID` is an older name of the cookie. What the
 * router of 2011 wrote into it is a secret of its own, which leads nowhere here, as an instance that is gone.
 */
export function stickyIdOf(cookies: string | undefined): string | undefined {
  if (cookies === undefined || !cookies.includes('VCAP_ID')) return undefined;
  const found = /(?:^|;\s*)__VCAP_ID__="?([^;"]+)/.exec(cookies) ?? /(?:^|;\s*)VCAP_ID="?([^;"]+)/.exec(cookies);
  return found?.[1];
}

/**
 * The cookie to add to an answer that opens a session, which is one that sets `JSESSIONID`. It lives as long as the
 * session and goes where the session goes, as in gorouter.
 */
export function stickyCookie(
  { headers }: Pick<AnswerHead, 'headers'>,
  privateInstanceId: string | undefined,
): string | undefined {
  const session = headers['set-cookie']?.find((cookie) => /^\s*JSESSIONID=/i.test(cookie));
  if (session === undefined || privateInstanceId === undefined) return undefined;
  const shared = session.match(/;\s*(?:expires|max-age|samesite)=[^;]*|;\s*(?:secure|partitioned)(?=\s*(?:;|$))/gi);
  const attributes = (shared ?? []).map((attribute) => attribute.replace(/^;\s*/, '; '));
  return `${cookieName}=${privateInstanceId}; Path=/; HttpOnly${attributes.join('')}`;
}
