import * as v from 'valibot';
import { ErrorBody } from '#contract/api/errors.ts';
import { ActionableError } from '#ground/errors.ts';
import type { HttpAnswer } from '#ground/http-client.ts';
import { jsonIn } from '#ground/json-in.ts';
import { printable } from './style.ts';

/** The API understood a request and refused it; its own words are the message. */
export class ApiRefusal extends ActionableError {
  readonly status: number;
  /** `CF-UnprocessableEntity`, … */
  readonly title: string;

  constructor(status: number, title: string, detail: string) {
    super('API_REFUSED', printable(detail), remedyFor(status));
    this.name = 'ApiRefusal';
    this.status = status;
    this.title = title;
  }
}

/** Whether the API said there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiRefusal && error.status === 404;
}

/** What an answer with a status of 400 and more means. Reads its body. */
export async function refusalOf(answer: HttpAnswer, asked: string): Promise<ActionableError> {
  const text = await answer.text();
  const body = v.safeParse(ErrorBody, jsonIn(text));
  if (body.success) {
    const [first] = body.output.errors;
    const details = body.output.errors.map((error) => error.detail).join(' ');
    return new ApiRefusal(answer.status, first?.title ?? 'UnknownError', details);
  }
  if (answer.status === 401) return new ApiRefusal(401, 'CF-InvalidAuthToken', 'The login is not valid any more.');
  return strangeAnswer(answer, asked, text);
}

/** For an answer that is not of the API. */
export function strangeAnswer(answer: HttpAnswer, asked: string, text: string): ActionableError {
  if (answer.headers['x-cf-routererror'] !== undefined || answer.status === 502 || answer.status === 503) {
    return new ActionableError(
      'NOBODY_ANSWERED',
      `The router answers, but nothing behind it does: ${asked} got status ${answer.status}.`,
      'The platform may still be starting: try again in a moment, and look at the output of `localpaas up` if it stays so.',
    );
  }
  const start = printable(text.trim()).slice(0, 80);
  return new ActionableError(
    'NOBODY_ANSWERED',
    `What answers is not localpaas: ${asked} got status ${answer.status} with ${start === '' ? 'nothing' : `'${start}'`}.`,
    'Another program may have taken its port. Stop that program and run `localpaas up` again; `localpaas doctor` names it.',
  );
}

function remedyFor(status: number): string {
  if (status === 401) return 'Start localpaas again with `localpaas up`, which logs this command line in.';
  if (status === 403) return 'Use the account `localpaas up` made, or ask for the right to do it.';
  if (status === 404) return '`localpaas apps` and `localpaas routes` show what there is.';
  if (status === 503) return 'Try again in a moment; `localpaas status` shows how the platform is.';
  if (status >= 500) return 'The output of `localpaas up` says more about it; please report it if it happens again.';
  return 'Change what was asked for and try again; `--help` behind the command shows what it takes.';
}
