import { apiTime, type Droplet } from '#contract/api/resources.ts';
import type { DropletRecord } from '../records.ts';
import { hostStack } from './app.ts';
import { linksAt, noMetadata, to } from './links.ts';

export function dropletView(droplet: DropletRecord, base: string): Droplet {
  const self = `/v3/droplets/${droplet.guid}`;
  return {
    guid: droplet.guid,
    created_at: apiTime(new Date(droplet.createdAt)),
    updated_at: apiTime(new Date(droplet.updatedAt)),
    state: droplet.state,
    error: null,
    lifecycle: { type: 'buildpack', data: {} },
    execution_metadata: '',
    process_types: droplet.processTypes ?? { web: droplet.startCommand ?? '' },
    checksum: { type: 'sha256', value: droplet.sha256 },
    buildpacks: buildpacksOf(droplet),
    stack: hostStack,
    image: null,
    relationships: { app: to(droplet.app) },
    metadata: noMetadata,
    links: linksAt(base, {
      self,
      ...(droplet.package === null ? {} : { package: `/v3/packages/${droplet.package}` }),
      app: `/v3/apps/${droplet.app}`,
      assign_current_droplet: `/v3/apps/${droplet.app}/relationships/current_droplet`,
      download: `${self}/download`,
    }),
  };
}

function buildpacksOf({ buildpacks, framework, runtime }: DropletRecord): Droplet['buildpacks'] {
  if (buildpacks !== undefined) {
    return buildpacks.map(({ chosen, name, version }) => ({
      name: chosen,
      detect_output: name,
      buildpack_name: name === '' ? chosen : name,
      version,
    }));
  }
  if (framework === null) return [];
  return [{ name: framework, detect_output: runtime ?? framework, buildpack_name: framework, version: null }];
}
