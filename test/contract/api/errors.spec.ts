import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { ApiError, apiErrors, ErrorBody } from '#contract/api/errors.ts';
import { describe } from '../../support/spec.ts';

describe('the table of API errors', (it) => {
  it('has each number once, and a status that says who is at fault', () => {
    const codes = Object.values(apiErrors).map(({ code }) => code);

    assert.is(new Set(codes).size, codes.length);
    for (const { status } of Object.values(apiErrors)) assert.ok(status >= 400 && status < 600);
  });
});

describe('an API error', (it) => {
  it('answers with its status, number, title and sentence, as clients read it', () => {
    const cause = new Error('no such key');

    const error = new ApiError('CF-ResourceNotFound', 'App not found', { cause });

    assert.is(error.status, 404);
    assert.is(error.cause, cause);
    assert.equal(error.body, { errors: [{ code: 10010, title: 'CF-ResourceNotFound', detail: 'App not found' }] });
    assert.ok(v.is(ErrorBody, JSON.parse(JSON.stringify(error.body))));
  });
});
