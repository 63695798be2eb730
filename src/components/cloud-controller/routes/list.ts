import { ApiError } from '#contract/api/errors.ts';
import type { HttpReply, HttpRequest } from '#ground/http-server.ts';
import { baseOf } from './address.ts';
import { labelSelector } from './label-selector.ts';

/** Whether a record has one of the values a query names. */
type Filter<T> = (record: T, wanted: ReadonlySet<string>) => boolean;

/** How records of a kind are listed: what may be asked for, and how they look. */
export interface Listing<T> {
  /** By query parameter. */
  readonly filters?: Readonly<Record<string, Filter<T>>>;
  /** What it may be ordered by. Records come in order of creation. */
  readonly orders?: Readonly<Record<string, (record: T) => string | number>>;
  /** Parameters that change nothing here. */
  readonly ignored?: readonly string[];
  /** Related resources the query asks for with `include=`, by its words. */
  readonly includes?: Readonly<Record<string, (shown: readonly T[], base: string) => Record<string, object[]>>>;
  readonly present: (record: T, base: string) => object;
}

interface Shown {
  readonly metadata?: { readonly labels: Readonly<Record<string, string>> };
}

const maxPerPage = 5_000;

/** A page of the records, as all lists of the API are answered. @throws ApiError 400 */
export function listReply<T>(request: HttpRequest, records: readonly T[], listing: Listing<T>): HttpReply {
  const { query } = request;
  checkParameters(query, listing);
  const page = numberOf(query, 'page', 1, Number.MAX_SAFE_INTEGER);
  const perPage = numberOf(query, 'per_page', 50, maxPerPage);
  const base = baseOf(request);
  const wanted = labelled(filtered(records, query, listing.filters ?? {}), query, (each) =>
    listing.present(each, base),
  );
  const found = ordered(wanted, query, listing.orders ?? {});
  const shown = found.slice((page - 1) * perPage, page * perPage);
  return {
    status: 200,
    body: {
      pagination: paginationOf(request, { page, perPage, total: found.length }),
      resources: shown.map((record) => listing.present(record, base)),
      ...includedOf(query, listing, shown, base),
    },
  };
}

/** A list with nothing in it: of things this platform does not have, but clients ask for. */
export function emptyList(request: HttpRequest): HttpReply {
  const page = numberOf(request.query, 'page', 1, Number.MAX_SAFE_INTEGER);
  const perPage = numberOf(request.query, 'per_page', 50, maxPerPage);
  const pagination = paginationOf(request, { page, perPage, total: 0 });
  return { status: 200, body: { pagination, resources: [], included: {} } };
}

/** Keeps the records for which one of `values` is wanted. */
export function oneOf<T>(value: (record: T) => string): Filter<T> {
  return (record, wanted) => wanted.has(value(record));
}

function badQuery(detail: string): ApiError {
  return new ApiError('CF-BadQueryParameter', `The query parameter is invalid: ${detail}`);
}

function checkParameters<T>(query: URLSearchParams, { filters = {}, ignored = [], includes }: Listing<T>): void {
  const known = ['page', 'per_page', 'order_by', 'label_selector', ...Object.keys(filters), ...ignored];
  if (includes !== undefined) known.push('include');
  const unknown = [...new Set(query.keys())].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const names = (list: readonly string[]) => list.map((name) => `'${name}'`).join(', ');
  throw badQuery(`Unknown query parameter(s): ${names(unknown)}. Valid parameters are: ${names(known)}`);
}

function numberOf(query: URLSearchParams, name: 'page' | 'per_page', normal: number, most: number): number {
  const text = query.get(name);
  if (text === null) return normal;
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw badQuery(name === 'page' ? 'Page must be greater than 0' : `Per page must be between 1 and ${most}`);
}

function filtered<T>(
  records: readonly T[],
  query: URLSearchParams,
  filters: Readonly<Record<string, Filter<T>>>,
): readonly T[] {
  let found = records;
  for (const [name, filter] of Object.entries(filters)) {
    const text = query.get(name);
    if (text === null) continue;
    const wanted = valuesOf(text);
    found = found.filter((record) => filter(record, wanted));
  }
  return found;
}

/** Those whose labels, as they are shown, are what the query wants. */
function labelled<T>(records: readonly T[], query: URLSearchParams, present: (record: T) => Shown): readonly T[] {
  const text = query.get('label_selector');
  if (text === null) return records;
  const isWanted = labelSelector(text);
  return records.filter((record) => isWanted(present(record).metadata?.labels ?? {}));
}

/** Values stand between commas; a comma inside a value comes encoded once more. */
function valuesOf(text: string): ReadonlySet<string> {
  const values = text.split(',').map((value) => value.trim());
  return new Set([...values, ...values.map(decoded)]);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // a plain `%` in a name
  }
}

function ordered<T>(
  records: readonly T[],
  query: URLSearchParams,
  orders: Readonly<Record<string, (record: T) => string | number>>,
): readonly T[] {
  const text = query.get('order_by');
  if (text === null) return records;
  const [, sign, name = ''] = /^([+-]?)(.*)$/.exec(text.trim()) ?? [];
  const keyOf = Object.hasOwn(orders, name) ? orders[name] : undefined;
  if (keyOf === undefined) throw badQuery(`Order by can only be: ${Object.keys(orders).join(', ')}`);
  const compare = (one: T, other: T) => {
    const [a, b] = [keyOf(one), keyOf(other)];
    return a < b ? -1 : Number(a > b);
  };
  const ascending = [...records].sort(compare);
  // Of two made in the same millisecond, the later one comes first when the newest are wanted.
  return sign === '-' ? ascending.reverse() : ascending;
}

function paginationOf(
  request: HttpRequest,
  { page, perPage, total }: { page: number; perPage: number; total: number },
) {
  const pages = Math.max(1, Math.ceil(total / perPage));
  const linkTo = (number: number) => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(number));
    query.set('per_page', String(perPage));
    return { href: `${baseOf(request)}${request.path}?${query.toString()}` };
  };
  return {
    total_results: total,
    total_pages: pages,
    first: linkTo(1),
    last: linkTo(pages),
    next: page < pages ? linkTo(page + 1) : null,
    previous: page > 1 ? linkTo(Math.min(page - 1, pages)) : null,
  };
}

function includedOf<T>(query: URLSearchParams, { includes = {} }: Listing<T>, shown: readonly T[], base: string) {
  const text = query.get('include');
  if (text === null) return {};
  const wanted = [...valuesOf(text)];
  const unknown = wanted.find((word) => !Object.hasOwn(includes, word));
  if (unknown !== undefined) {
    throw badQuery(
      `Invalid included resource: '${unknown}'. Valid included resources are: ${Object.keys(includes).join(', ')}`,
    );
  }
  return {
    included: Object.assign({}, ...wanted.map((word) => includes[word]?.(shown, base))) as Record<string, object[]>,
  };
}
