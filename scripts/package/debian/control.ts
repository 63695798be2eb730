/** What a package says of itself. */
export interface Facts {
  /** As Debian spells it. */
  readonly version: string;
  readonly architecture: string;
  readonly maintainer: string;
  readonly homepage?: string | undefined;
  readonly depends: string;
  readonly installedKb: number;
}

/** What it is, in one line. */
export const synopsis = 'whole platform in one executable: a Cloud Foundry to run, watch and read';

export function controlFile(facts: Facts): string {
  return [
    'Package: localpaas',
    `Version: ${facts.version}`,
    `Architecture: ${facts.architecture}`,
    `Maintainer: ${facts.maintainer}`,
    `Installed-Size: ${facts.installedKb}`,
    `Depends: ${facts.depends}`,
    'Suggests: php-cli, python3, ruby',
    'Section: admin',
    'Priority: optional',
    ...(facts.homepage === undefined ? [] : [`Homepage: ${facts.homepage}`]),
    `Description: ${synopsis}`,
    ' A message bus, a cloud controller, a stager, a DEA and a router in one program',
    ' that work like those of Cloud Foundry, for a laptop or a Raspberry Pi. It runs',
    ' web apps written in Node.js, Ruby, Python, PHP or anything else that listens on',
    ' a port, restarts them when they crash and finds them again after a reboot.',
    ' .',
    ' It carries Node.js and nats-server. Nothing is started when it is installed:',
    ' any user can say "localpaas up", without root.',
    '',
  ].join('\n');
}

/** Raspberry Pi OS calls ARMv6 armhf, too; Node needs ARMv7. */
export const refuseArmv6 = `#!/bin/sh
set -e
case $(uname -m) in
  armv6*)
    echo 'localpaas needs ARMv7: a Raspberry Pi 2 or newer.' >&2
    exit 1
    ;;
esac
`;

/** What lintian need not tell: the program is the official build of Node.js, with something behind it. */
export const lintianOverrides = ['embedded-library', 'unstripped-binary-or-object', 'hardening-no-pie']
  .map((tag) => `localpaas binary: ${tag} *\n`)
  .join('');
