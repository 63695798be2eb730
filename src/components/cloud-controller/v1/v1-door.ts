import type { ApiError, ApiErrorTitle } from '#contract/api/errors.ts';
import { V1Error, type V1ErrorName } from '#contract/api/v1.ts';
import { messageOf } from '#ground/errors.ts';
import type { HttpHandler, HttpReply, HttpRequest } from '#ground/http-server.ts';
import type { Log } from '#ground/log.ts';
import type { Access } from '../access.ts';
import { apiErrorOf } from '../api-errors.ts';

export interface V1DoorParts {
  readonly access: Access;
  readonly adminName: string;
  readonly log: Log;
}

type Guarded = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

/** What 2012 says for the refusals of the handlers that both APIs share. */
const equivalents: Partial<Record<ApiErrorTitle, V1ErrorName>> = {
  'CF-MessageParseError': 'badRequest',
  'CF-RequestEntityTooLarge': 'badRequest',
  'CF-UnprocessableEntity': 'appInvalid',
  'CF-UniquenessError': 'appInvalid',
  'CF-ResourceNotFound': 'appNotFound',
  'CF-AppBitsUploadInvalid': 'packagingFailed',
  'CF-ServiceUnavailable': 'database',
};

/** Tokens as they are shown and refusals as they are told by the API of 2012. */
export class V1Door {
  readonly #parts: V1DoorParts;

  constructor(parts: V1DoorParts) {
    this.#parts = parts;
  }

  /** Answers everybody; refusals go out as `{code, description}`. */
  open(handler: Guarded): HttpHandler {
    return async (request) => {
      try {
        return await handler(request);
      } catch (error) {
        return this.#refusal(error, request);
      }
    };
  }

  /** Answers who shows a good token. */
  guarded(handler: Guarded): HttpHandler {
    return this.open(async (request) => {
      if ((await this.userOf(request)) === undefined) {
        throw new V1Error('forbidden', 'Operation not permitted: log in first.');
      }
      this.#checkProxyUser(request);
      return handler(request);
    });
  }

  /** Who shows a good token. It stands in the header alone, or behind `bearer`. */
  async userOf({ headers }: HttpRequest): Promise<string | undefined> {
    const token = /^(?:bearer +)?(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const verified = await this.#parts.access.verify(token);
    return verified === undefined ? undefined : (verified.holder.user?.name ?? verified.holder.clientId);
  }

  /** Administrators may act for others; there is one account here. */
  #checkProxyUser({ headers }: HttpRequest): void {
    const acted = headers['proxy-user'];
    if (acted === undefined || acted === this.#parts.adminName) return;
    throw new V1Error('userNotFound', `There is no user '${String(acted)}'.`);
  }

  #refusal(error: unknown, { method, path }: HttpRequest): HttpReply {
    const refused = error instanceof V1Error ? error : translated(apiErrorOf(error));
    if (refused !== undefined) return { status: refused.status, body: refused.body };
    const stack = error instanceof Error ? error.stack : undefined;
    this.#parts.log.error('request failed', { method, path, error: messageOf(error), stack });
    const bug = new V1Error('system', "System error: 'The log of the platform has the details.'");
    return { status: bug.status, body: bug.body };
  }
}

function translated(error: ApiError | undefined): V1Error | undefined {
  if (error === undefined) return undefined;
  return new V1Error(equivalents[error.title] ?? 'system', error.message, { cause: error });
}
