import { ApiError } from '#contract/api/errors.ts';
import { reservedHosts } from './own-hosts.ts';

/** What apps and hosts may be called. */

const maxNameLength = 255;
const maxHostLength = 63;
const hostPattern = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;

/** @throws ApiError 422 */
export function checkAppName(name: string): void {
  if (name.trim() === '') throw refused('Name must not be blank.');
  if (name.length > maxNameLength) throw refused(`Name is too long (at most ${maxNameLength} characters).`);
  if (/\p{Cc}/u.test(name)) throw refused('Name must not contain control characters.');
}

/** The host an app gets when nobody names one: its name, as far as host names can say it. */
export function defaultHostOf(appName: string): string {
  const ascii = appName.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const host = ascii
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, maxHostLength)
    .replace(/^-+|-+$/g, '');
  if (host !== '') return host;
  throw refused(`No host name can be made of the app name '${appName}'. Name a route for it in the manifest.`);
}

const colours = [
  'amber',
  'azure',
  'bright',
  'calm',
  'clear',
  'coral',
  'early',
  'fresh',
  'gentle',
  'golden',
  'quick',
  'silver',
];
const things = [
  'brook',
  'cedar',
  'cloud',
  'comet',
  'ferry',
  'garden',
  'heron',
  'island',
  'meadow',
  'otter',
  'river',
  'willow',
];

/** A host like `hello-calm-otter-x7`. @param random gives numbers from 0 to 1 */
export function randomHostOf(appName: string, random: () => number): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? '';
  const tail = `-${pick(colours)}-${pick(things)}-${Math.floor(random() * 1296)
    .toString(36)
    .padStart(2, '0')}`;
  return defaultHostOf(appName).slice(0, maxHostLength - tail.length) + tail;
}

/** The host in lower case. @throws ApiError 422 when no app may have it */
export function checkHost(host: string, domain: string): string {
  const lower = host.toLowerCase();
  if (lower === '') throw refused(`Host must be given: ${domain} itself belongs to the platform.`);
  if (lower.length > maxHostLength) throw refused(`Host is too long (at most ${maxHostLength} characters).`);
  if (lower === '*') throw refused('Wildcard hosts are not supported.');
  if (!hostPattern.test(lower)) {
    throw refused(
      `Host '${host}' must consist of letters, digits, hyphens and underscores, and not begin or end with a hyphen.`,
    );
  }
  if (reservedHosts.includes(lower)) {
    throw refused(`Host '${lower}' belongs to the platform itself. Choose another host for this route.`);
  }
  return lower;
}

/** @throws ApiError 422 */
export function checkPath(path: string): string {
  if (path === '') return path;
  const isGood = /^\/[^\s?#]+$/.test(path) && path.length <= 128 && !path.includes('//');
  if (!isGood) throw refused(`Path '${path}' must begin with / and have no query: e.g. /v1, at most 128 characters.`);
  return path;
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
