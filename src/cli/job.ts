import * as v from 'valibot';
import { Job } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { HttpAnswer } from '#ground/http-client.ts';
import type { ApiClient } from './api-client.ts';
import type { Cli } from './cli.ts';
import { poll } from './poll.ts';

const limitMs = 300_000;

const JobWithWarnings = v.looseObject({
  ...Job.entries,
  warnings: v.optional(v.array(v.looseObject({ detail: v.string() })), []),
});

/**
 * Waits for the job an answer names in its Location; an answer without one is done already. Discards its body.
 * What the job warns of is shown.
 * @throws ActionableError API_REFUSED, with the job's own words
 */
export async function awaitJob(cli: Cli, api: ApiClient, answer: HttpAnswer): Promise<void> {
  answer.discard();
  const { location } = answer.headers;
  if (location === undefined) return;
  const { pathname } = new URL(location, api.platform.url);
  const ended = await poll(
    async () => {
      const job = await api.get(pathname, JobWithWarnings);
      return job.state === 'COMPLETE' || job.state === 'FAILED' ? job : undefined;
    },
    { limitMs, signal: cli.signal },
  );
  for (const { detail } of ended?.warnings ?? []) cli.progress.warn(detail);
  if (ended?.state === 'COMPLETE') return;
  const reasons = ended?.errors.map(({ detail }) => detail).join(' ') ?? `It was not done after ${limitMs / 1000} s.`;
  throw new ActionableError('API_REFUSED', reasons, 'Change what was asked for and try again.');
}
