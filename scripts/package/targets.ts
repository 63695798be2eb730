import downloads from '../downloads.lock.json' with { type: 'json' };

/** A machine for which there is an executable. */
export interface Target {
  readonly name: TargetName;
  /** As pkg spells it. */
  readonly pkg: string;
  readonly node: { readonly package: string; readonly version: string; readonly sha256: string };
  /** The lengths in the blob of a single executable application have as many bits as the machine. */
  readonly bits: 32 | 64;
  /** As the releases of nats-server spell it. */
  readonly natsServer: string;
  /** As Debian spells it; there are no packages for others. */
  readonly debian?: string;
  /** Of an ELF file, e_machine; absent for others. */
  readonly machine?: number;
}

export type TargetName = 'linux-x64' | 'linux-arm64' | 'linux-armv7l' | 'macos-x64' | 'macos-arm64';

const { node } = downloads;

export const targets: Readonly<Record<TargetName, Target>> = {
  'linux-x64': {
    name: 'linux-x64',
    pkg: `node${node['linux-x64'].version}-linux-x64`,
    node: node['linux-x64'],
    bits: 64,
    natsServer: 'linux-amd64',
    debian: 'amd64',
    machine: 62,
  },
  'linux-arm64': {
    name: 'linux-arm64',
    pkg: `node${node['linux-arm64'].version}-linux-arm64`,
    node: node['linux-arm64'],
    bits: 64,
    natsServer: 'linux-arm64',
    debian: 'arm64',
    machine: 183,
  },
  'linux-armv7l': {
    name: 'linux-armv7l',
    pkg: '',
    node: node['linux-armv7l'],
    bits: 32,
    natsServer: 'linux-arm7',
    debian: 'armhf',
    machine: 40,
  },
  'macos-x64': {
    name: 'macos-x64',
    pkg: `node${node['macos-x64'].version}-macos-x64`,
    node: node['macos-x64'],
    bits: 64,
    natsServer: 'darwin-amd64',
  },
  'macos-arm64': {
    name: 'macos-arm64',
    pkg: `node${node['macos-arm64'].version}-macos-arm64`,
    node: node['macos-arm64'],
    bits: 64,
    natsServer: 'darwin-arm64',
  },
};

/** The target this machine is, which runs the packager. */
export function hostTarget(
  platform: string = process.platform,
  architecture: string = process.arch,
): Target | undefined {
  const system = platform === 'darwin' ? 'macos' : platform;
  const name = `${system}-${architecture === 'arm' ? 'armv7l' : architecture}`;
  return Object.values(targets).find((target) => target.name === name);
}
