// What a visitor says he has already, and which part he wants.
'use strict';

/** Whether the visitor has this version of the file already. */
function isKnown(headers, etag, modified) {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
  }
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Math.floor(modified.getTime() / 1000) * 1000 <= since; // false when there is no date
}

/** The asked part of a file; undefined: all of it; 'outside': there is no such part. */
function rangeOf(headers, etag, modified, size) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined || (from === '' && to === '')) return undefined; // none, or several, which may be answered whole
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== etag && condition !== modified.toUTCString()) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < first) return undefined;
  return first >= size || last < first ? 'outside' : { first, last };
}

module.exports = { isKnown, rangeOf };
