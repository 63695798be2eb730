import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { NatsServerFile } from './nats-server.ts';
import { isStripped } from './node.ts';
import type { ShippedPackage } from './shipped-packages.ts';
import type { Target } from './targets.ts';

export interface Materials {
  readonly target: Target;
  readonly version: string;
  /** Of the finished executable. */
  readonly sha256: string;
  readonly nodeSha256: string;
  readonly natsServer: NatsServerFile;
  readonly natsServerSha256: string;
  readonly packages: readonly ShippedPackage[];
}

/** What an executable is made of, as CycloneDX 1.6 in JSON. Two runs give the same text. */
export function billOfMaterials(materials: Materials): string {
  const { target, version, sha256, nodeSha256, natsServer, natsServerSha256, packages } = materials;
  const bom = new Models.Bom();
  const whole = component(Enums.ComponentType.Application, 'localpaas', version, {
    purl: `pkg:generic/localpaas@${version}?platform=${target.name}`,
    license: 'Apache-2.0',
    sha256,
  });
  const parts = [
    component(Enums.ComponentType.Platform, 'node', target.node.version, {
      purl: `pkg:generic/node@${target.node.version}?platform=${target.name}`,
      license: 'MIT',
      sha256: nodeSha256,
      ...(isStripped(target) && { description: 'the official build, without symbol table and debugging data' }),
    }),
    component(Enums.ComponentType.Application, 'nats-server', natsServer.version, {
      purl: `pkg:golang/github.com/nats-io/nats-server/v2@v${natsServer.version}`,
      license: 'Apache-2.0',
      sha256: natsServerSha256,
      description: natsServer.origin,
    }),
    ...packages.map(({ name, version: its, license }) =>
      component(Enums.ComponentType.Library, name, its, {
        purl: `pkg:npm/${name.replace('@', '%40')}@${its}`,
        license,
      }),
    ),
  ];
  bom.metadata.component = whole;
  for (const part of parts) {
    bom.components.add(part);
    whole.dependencies.add(part.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

interface Facts {
  readonly purl: string;
  readonly license: string;
  readonly sha256?: string;
  readonly description?: string;
}

function component(type: Enums.ComponentType, name: string, version: string, facts: Facts): Models.Component {
  const { purl, license, sha256, description } = facts;
  const made = new Models.Component(type, name, { version, purl, bomRef: purl, ...(description && { description }) });
  made.licenses.add(new Models.SpdxLicense(license));
  if (sha256 !== undefined) made.hashes.set(Enums.HashAlgorithm['SHA-256'], sha256);
  return made;
}
