import * as assert from 'uvu/assert';
import { V1Error, v1Errors } from '#contract/api/v1.ts';
import { describe } from '../../support/spec.ts';

/** Number and status of the errors, as the cloud controller of 2012 had them. */
const originals: readonly (readonly [number, number])[] = [
  ...([100, 102, 300, 304, 305, 307, 308, 309] as const).map((code) => [code, 400] as const),
  ...([101, 111, 306, 310] as const).map((code) => [code, 500] as const),
  ...([200, 201] as const).map((code) => [code, 403] as const),
  ...([301, 302, 303] as const).map((code) => [code, 404] as const),
];

describe('errors of the API of 2012', (it) => {
  it('have the numbers and statuses of their originals', () => {
    const ours = new Map<number, number>(Object.values(v1Errors).map(({ code, status }) => [code, status]));

    for (const [code, status] of originals) assert.is(ours.get(code), status, `code ${code}`);
  });

  it('have a number each', () => {
    const codes = Object.values(v1Errors).map(({ code }) => code);

    assert.is(new Set(codes).size, codes.length);
  });

  it('tell number and reason', () => {
    const error = new V1Error('locking', 'It was changed meanwhile.');

    assert.is(error.status, 400);
    assert.equal(error.body, { code: 102, description: 'It was changed meanwhile.' });
  });
});
