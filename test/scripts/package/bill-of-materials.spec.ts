import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import * as assert from 'uvu/assert';
import { billOfMaterials } from '../../../scripts/package/bill-of-materials.ts';
import { shippedPackages } from '../../../scripts/package/shipped-packages.ts';
import { targets } from '../../../scripts/package/targets.ts';
import { describe } from '../../support/spec.ts';

const digest = 'ab'.repeat(32);

describe('the bill of materials', (it) => {
  it('is CycloneDX, names everything that is shipped, and is the same text each time', async () => {
    const packages = await shippedPackages('.');
    const materials = {
      target: targets['linux-arm64'],
      version: '0.1.0',
      sha256: digest,
      nodeSha256: digest,
      natsServer: { bytes: Buffer.alloc(0), version: '2.10.27', origin: 'a test' },
      natsServerSha256: digest,
      packages,
    };

    const bill = billOfMaterials(materials);

    assert.is(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bill), null);
    const names = (JSON.parse(bill) as { components: { name: string }[] }).components.map(({ name }) => name);
    for (const name of ['node', 'nats-server', ...packages.map((each) => each.name)])
      assert.ok(names.includes(name), name);
    assert.is(billOfMaterials(materials), bill);
  });
});
