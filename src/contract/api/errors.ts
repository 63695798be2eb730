import * as v from 'valibot';

/**
 * The API's errors: number, title and HTTP status as the real cloud controller's table has them
 * (cloud_controller_ng errors/v2.yml), because clients decide by them. The text of each comes with the error.
 */
export const apiErrors = {
  'CF-NotAuthenticated': { code: 10002, status: 401 },
  'CF-InvalidAuthToken': { code: 1000, status: 401 },
  'CF-NotAuthorized': { code: 10003, status: 403 },
  'CF-MessageParseError': { code: 1001, status: 400 },
  'CF-BadQueryParameter': { code: 10005, status: 400 },
  'CF-NotFound': { code: 10000, status: 404 },
  'CF-ResourceNotFound': { code: 10010, status: 404 },
  'CF-UnprocessableEntity': { code: 10008, status: 422 },
  'CF-UniquenessError': { code: 10016, status: 422 },
  'CF-AppBitsUploadInvalid': { code: 160001, status: 422 },
  'CF-AppStoppedStatsError': { code: 200003, status: 400 },
  'CF-RunnerError': { code: 170014, status: 500 },
  'CF-StagingError': { code: 170001, status: 400 },
  'CF-NoAppDetectedError': { code: 170003, status: 400 },
  'CF-InsufficientRunningResourcesAvailable': { code: 170015, status: 503 },
  'CF-RequestEntityTooLarge': { code: 10012, status: 413 },
  'CF-ServiceUnavailable': { code: 10015, status: 503 },
  UnknownError: { code: 10001, status: 500 },
} as const satisfies Record<string, { code: number; status: number }>;

export type ApiErrorTitle = keyof typeof apiErrors;

/** An answer the API gives instead of a result. `detail` is a sentence for the user. */
export class ApiError extends Error {
  readonly title: ApiErrorTitle;

  constructor(title: ApiErrorTitle, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'ApiError';
    this.title = title;
  }

  get status(): number {
    return apiErrors[this.title].status;
  }

  /** The body clients expect. */
  get body(): { errors: { code: number; title: string; detail: string }[] } {
    return { errors: [{ code: apiErrors[this.title].code, title: this.title, detail: this.message }] };
  }
}

/** The body of any refused request, as a client reads it. */
export const ErrorBody = v.looseObject({
  errors: v.pipe(v.array(v.looseObject({ code: v.number(), title: v.string(), detail: v.string() })), v.minLength(1)),
});
