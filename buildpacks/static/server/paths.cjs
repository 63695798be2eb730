// What the address of a request means.
'use strict';

/** What belongs to the app but not to the site, when the site is the app's whole folder. */
const ofTheApp = new Set(['staticfile', 'staticfile.auth', 'static.json', 'manifest.yml', 'stackato.yml', 'procfile']);

/** The decoded path, which begins with one slash and has no `.` or `..`; undefined for one that makes no sense. */
function pathOf(url) {
  let path;
  try {
    path = decodeURIComponent(url.replace(/^https?:\/\/[^/]*/i, '').replace(/[?#].*$/s, ''));
  } catch {
    return undefined; // a % that begins no character
  }
  if (!path.startsWith('/') || path.includes('\0') || path.includes('\\')) return undefined;
  if (path.split('/').some((name) => name === '.' || name === '..')) return undefined;
  // Of several slashes at the beginning a redirect would make the address of another host.
  return path.replace(/\/{2,}/g, '/');
}

function queryOf(url) {
  return url.includes('?') ? url.slice(url.indexOf('?')) : '';
}

/** `/assets/**` is everything below, other patterns are one path. */
function matches(pattern, path) {
  return pattern.endsWith('/**') ? path.startsWith(pattern.slice(0, -2)) : path === pattern;
}

function isHidden(settings, path) {
  const names = path.split('/').slice(1);
  // In small letters, because on a Mac STATICFILE is the same file.
  if (settings.root === '.' && ofTheApp.has(names[0].toLowerCase())) return true;
  return !settings.dotFiles && names.some((name) => name.startsWith('.') && name !== '.well-known');
}

module.exports = { isHidden, matches, pathOf, queryOf };
