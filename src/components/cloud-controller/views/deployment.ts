import { apiTime, type Deployment } from '#contract/api/resources.ts';
import type { Phase } from '../deployments/deployments.ts';
import { processGuidOf } from '../process-guid.ts';
import type { DeploymentRecord, RevisionRecord } from '../records.ts';
import { linksAt, noMetadata, to } from './links.ts';

/** @param phase how far it is @param revision the one it deploys, if it is still there */
export function deploymentView(
  deployment: DeploymentRecord,
  phase: Phase,
  revision: RevisionRecord | undefined,
  base: string,
): Deployment {
  const { guid, app, state, droplet, previousDroplet, reason } = deployment;
  const self = `/v3/deployments/${guid}`;
  const updatedAt = apiTime(new Date(deployment.updatedAt));
  const cancel = linksAt(base, { cancel: `${self}/actions/cancel` })['cancel'];
  return {
    guid,
    created_at: apiTime(new Date(deployment.createdAt)),
    updated_at: updatedAt,
    status: {
      value: state === 'ACTIVE' ? 'ACTIVE' : 'FINALIZED',
      reason: state === 'ACTIVE' ? 'DEPLOYING' : state,
      details: {
        last_successful_healthcheck: updatedAt,
        last_status_change: updatedAt,
        ...(reason === null ? {} : { error: reason }),
        phase,
      },
    },
    strategy: 'rolling',
    options: { max_in_flight: 1 },
    droplet: { guid: droplet },
    previous_droplet: { guid: previousDroplet },
    new_processes: (revision?.processes ?? []).map((process) => ({
      guid: processGuidOf({ guid: app }, process),
      type: process.type,
    })),
    ...(revision === undefined ? {} : { revision: { guid: revision.guid, version: revision.number } }),
    relationships: { app: to(app) },
    metadata: noMetadata,
    links: {
      ...linksAt(base, { self, app: `/v3/apps/${app}` }),
      ...(state === 'ACTIVE' ? { cancel: { ...cancel, method: 'POST' } } : {}),
    },
  };
}
