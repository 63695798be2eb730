/**
 * The two messages that come by the thousand, checked by hand: each function says whether the message's schema would take
 * it and leave it as it is. Whatever is unusual, be it allowed, is left to the schema.
 */

/** For `router.register`. */
export function isPlainRoute(message: unknown): boolean {
  if (!isObject(message)) return false;
  for (const name in message) if (!isPlainRouteField(name, message[name])) return false;
  return message['host'] !== undefined && message['port'] !== undefined && message['uris'] !== undefined;
}

/** For `localpaas.logs.*`. */
export function isPlainLogBatch(message: unknown): boolean {
  if (!isObject(message)) return false;
  for (const name in message) if (!isPlainBatchField(name, message[name])) return false;
  const { source_id: source, instance_id: instance, source_type: type, lines } = message;
  return source !== undefined && instance !== undefined && type !== undefined && lines !== undefined;
}

function isPlainRouteField(name: string, value: unknown): boolean {
  switch (name) {
    case 'host':
      return isFullText(value);
    case 'port':
      return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
    case 'uris':
      return Array.isArray(value) && value.every(isFullText);
    case 'app':
      return value === null || value === undefined || isFullText(value);
    case 'dea':
    case 'private_instance_id':
    case 'private_instance_index':
    case 'version':
      return isTextOrNone(value);
    case 'tags':
      return value === null || value === undefined || isPlainTags(value);
    default:
      return false;
  }
}

function isPlainTags(tags: unknown): boolean {
  if (!isObject(tags)) return false;
  for (const name in tags) if (!isTextOrNone(tags[name]) || misleading.has(name)) return false;
  return true;
}

/** The schema leaves such names out. */
const misleading = new Set(['__proto__', 'prototype', 'constructor']);

function isPlainBatchField(name: string, value: unknown): boolean {
  switch (name) {
    case 'source_id':
    case 'instance_id':
    case 'source_type':
      return typeof value === 'string';
    case 'lines':
      return Array.isArray(value) && value.length > 0 && value.every(isPlainLine);
    default:
      return false;
  }
}

function isPlainLine(line: unknown): boolean {
  if (!isObject(line)) return false;
  for (const name in line) if (name !== 'timestamp' && name !== 'stream' && name !== 'text') return false;
  const { timestamp, stream, text } = line;
  const isText = typeof text === 'string' && (stream === 'OUT' || stream === 'ERR');
  return isText && typeof timestamp === 'string' && /^\d{1,19}$/.test(timestamp);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFullText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isTextOrNone(value: unknown): boolean {
  return typeof value === 'string' || value === null || value === undefined;
}
