/**
 * A text in UTF-8, for texts that are long or many. Most are ASCII, which is its own Latin-1: that is copied, where an
 * encoder looks at each letter and takes three times as long. Half of a pair becomes U+FFFD, as in any encoder.
 */
export function textBytes(text: string): Buffer {
  return Buffer.from(text, Buffer.byteLength(text) === text.length ? 'latin1' : 'utf8');
}
