import { nodeThere } from './installation.ts';
import type { Machine } from './machine.ts';
import { succeeded, user } from './story.ts';

/** A user as on a Raspberry Pi: in a group for devices, and with a version manager that has a Node in the home. */
export async function makeUser(machine: Machine): Promise<void> {
  const script = `
    groupadd --force gpio
    useradd --create-home --shell /bin/bash --groups gpio ${user}
    bin=/home/${user}/.nvm/versions/node/v22/bin
    mkdir -p "$bin"
    printf '%s\\n' '#!/bin/sh' "RUNTIME_OF=${user} exec '$1' \\"\\$@\\"" >"$bin/node"
    chmod +x "$bin/node"
    printf '\\nPATH=%s:$PATH\\n' "$bin" >>/home/${user}/.bashrc
    chown -R ${user}: /home/${user}
  `;
  succeeded(await machine.run('bash', '-euc', script, 'make-user', nodeThere));
}
