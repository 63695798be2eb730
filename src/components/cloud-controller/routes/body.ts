import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import { type HttpRequest, readBody } from '#ground/http-server.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { mapping } from '../mapping.ts';

/** Larger than any record that can be stored. */
const limitBytes = 2 * 1024 * 1024;

/** The request's body as text. @throws ApiError 413, 400 when it is not UTF-8 */
export async function readText(request: HttpRequest): Promise<string> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limitBytes) throw tooLarge();
  const bytes = await readBody(request, limitBytes).catch((error: unknown) => {
    throw error instanceof RangeError ? tooLarge() : error;
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new ApiError('CF-MessageParseError', 'Request invalid due to parse error: the body is not UTF-8', { cause });
  }
}

/**
 * The request's JSON body. Fields the schema does not know are refused when it is a strict one.
 * @throws ApiError 400, 413, 422 naming the field
 */
export async function readJson<T>(request: HttpRequest, schema: v.GenericSchema<unknown, T>): Promise<T> {
  const parsed = v.safeParse(schema, jsonOf(await readText(request)));
  if (parsed.success) return parsed.output;
  const unknown = parsed.issues.flatMap((issue) =>
    issue.type === 'strict_object' && issue.expected === 'never' ? [`'${v.getDotPath(issue) ?? ''}'`] : [],
  );
  const problem = unknown.length > 0 ? `Unknown field(s): ${unknown.join(', ')}` : reasonOf(parsed.issues);
  throw new ApiError('CF-UnprocessableEntity', problem);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError('CF-MessageParseError', 'Request invalid due to parse error: the body is not JSON', { cause });
  }
}

function tooLarge(): ApiError {
  return new ApiError('CF-RequestEntityTooLarge', `The request's body is larger than ${limitBytes} bytes.`);
}

/** A to-one relationship in a request. */
export const ToOne = v.object({ data: v.object({ guid: v.string() }) });

const MetadataValues = mapping(v.nullable(v.string()));

/** Labels and annotations; `null` takes one away. */
export const Metadata = v.object({ labels: v.optional(MetadataValues), annotations: v.optional(MetadataValues) });
export type Metadata = v.InferOutput<typeof Metadata>;

/** A whole number from `least` on, as clients may send it. */
export function count(least: number, most = 2 ** 31 - 1) {
  return v.pipe(
    v.number(),
    v.integer('must be a whole number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );
}
