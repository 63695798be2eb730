import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import type { Job } from '../jobs.ts';
import { jobView } from '../views/job.ts';
import { baseOf } from './address.ts';
import { notFound, param } from './find.ts';

/** Sends the client to a job. Only jobs have a `Location`: clients take any for one, and use it as it stands. */
export function jobReply(request: HttpRequest, job: Job): HttpReply {
  return { status: 202, headers: { location: `${baseOf(request)}/v3/jobs/${job.guid}` } };
}

export function jobRoutes(routes: Routes, { jobs }: Api): void {
  routes.on('GET', '/v3/jobs/:guid', (request) => {
    const job = jobs.get(param(request, 'guid'));
    if (job === undefined) throw notFound('Job');
    return { status: 200, body: jobView(job, baseOf(request)) };
  });
}
