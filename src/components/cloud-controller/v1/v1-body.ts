import * as v from 'valibot';
import { V1Error } from '#contract/api/v1.ts';
import type { HttpRequest } from '#ground/http-server.ts';
import { jsonIn } from '#ground/json-in.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { readText } from '../routes/body.ts';

/** The request's JSON body. @throws V1Error 100; ApiError for one that is too large or no text */
export async function readV1Json<T>(request: HttpRequest, schema: v.GenericSchema<unknown, T>): Promise<T> {
  const input = jsonIn(await readText(request));
  if (input === undefined) throw new V1Error('badRequest', 'Bad request: the body is not JSON.');
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  throw new V1Error('badRequest', `Bad request: ${reasonOf(parsed.issues)}.`);
}
