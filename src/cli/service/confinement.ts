import type { Scope } from './plan.ts';
import { unitWord } from './unit-syntax.ts';

/**
 * What a service takes away from the platform and all its apps, as settings of systemd. An app that would need one of
 * these is rare; docs/service.md says how to give it back.
 *
 * Left out on purpose:
 * - `PrivateTmp`: a restarted service gets a new /tmp, and the old one is removed under the apps that went on.
 * - `ProtectHome`, `ProtectSystem=strict`: apps are the user's own, with runtimes and files anywhere.
 * - `PrivateDevices`, `ProtectClock`: they hide GPIO pins, serial lines and cameras.
 * - `MemoryDenyWriteExecute`: Node, PHP, Ruby and Java compile while they run.
 * - `RestrictNamespaces`, `ProtectProc`, `ProtectKernelTunables`, `ProtectKernelLogs`, `ProtectHostname`: bubblewrap and
 *   browsers make sandboxes of their own. The last four cover parts of /proc, and then the kernel gives no sandbox a
 *   /proc of its own. What they forbid an ordinary user may not do anyway.
 */
export function confinement(scope: Scope, home: string): readonly string[] {
  if (scope === 'user') return everywhere;
  const isCovered = coveredBySystem.some((directory) => home === directory || home.startsWith(`${directory}/`));
  return [...everywhere, ...systemOnly, ...(isCovered ? [`ReadWritePaths=${unitWord(home)}`] : [])];
}

/** What also the service manager of one user can do: it has no rights of its own to give up or to mount with. */
const everywhere = [
  // No app becomes root, not even where its user may use sudo without a password.
  'NoNewPrivileges=yes',
  'RestrictSUIDSGID=yes',
  'RestrictRealtime=yes',
  'LockPersonality=yes',
  // Bluetooth and CAN for apps that speak to things.
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_BLUETOOTH AF_CAN',
  // The second line and the third are for sandboxes within, and for V8.
  'SystemCallFilter=@system-service',
  'SystemCallFilter=@mount seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self',
  'SystemCallFilter=@pkey',
  'SystemCallErrorNumber=EPERM',
  'SystemCallArchitectures=native',
];

const systemOnly = [
  'CapabilityBoundingSet=',
  'ProtectSystem=full',
  'ProtectKernelModules=yes',
  'ProtectControlGroups=yes',
];

/** What `ProtectSystem=full` makes read-only. */
const coveredBySystem = ['/usr', '/boot', '/efi', '/etc'];
