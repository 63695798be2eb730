import { ApiError } from '#contract/api/errors.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import type { HttpReply, HttpRequest } from '#ground/http-server.ts';
import type { Log } from '#ground/log.ts';
import { LoginRefused } from './access.ts';

/** The API's words for an error, or `undefined` when it is a bug. */
export function apiErrorOf(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (!(error instanceof ActionableError)) return undefined;
  const title = error.code === 'BAD_INPUT' ? 'CF-UnprocessableEntity' : 'CF-ServiceUnavailable';
  return new ApiError(title, `${error.message} ${error.remedy}`, { cause: error });
}

/** The reply for what a handler threw. Only bugs are logged: the rest is told to who asked. */
export function replyForError(error: unknown, request: HttpRequest, log: Log): HttpReply {
  if (error instanceof LoginRefused) return { status: error.status, body: error.body };
  const refusal = apiErrorOf(error);
  if (refusal !== undefined) return { status: refusal.status, body: refusal.body };
  log.error('request failed', {
    method: request.method,
    path: request.path,
    error: messageOf(error),
    stack: stackOf(error),
  });
  const bug = new ApiError('UnknownError', 'An unknown error occurred. The log of the platform has the details.');
  return { status: bug.status, body: bug.body };
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
