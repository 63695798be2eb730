import * as assert from 'node:assert/strict';
import { crash, down, fail, reboot, restart, stop, uninstall, upgrade } from './live-and-die.ts';
import { type Stage, Story, succeeded, user } from './story.ts';

/** A service of one user, who is not root and installs it alone. */
export async function userService(stage: Stage): Promise<void> {
  const story = new Story(stage, 'user', 8081);
  await refuse(story);
  await install(story);
  await push(story);
  await crash(story);
  await upgrade(story);
  await restart(story);
  await down(story);
  await reboot(story, 'reboot');
  await reboot(story, 'power cut');
  await stop(story);
  await fail(story);
  await uninstall(story, `/home/${user}/.config/systemd/user`);
}

async function refuse(story: Story): Promise<void> {
  const low = await story.manage('install', '--port', '80');
  assert.equal(low.code, 4);
  assert.match(low.err, /Ports below 1024 belong to root/);

  const other = await story.manage('install', '--run-as', 'nobody');
  assert.equal(other.code, 2);
  assert.match(other.err, /Only root can install a service that runs as somebody else/);
  story.tell('without root there are no ports below 1024 and no services for others');
}

async function install(story: Story): Promise<void> {
  const installed = JSON.parse(succeeded(await story.manage('install', '--port', '8081', '--json')).out);

  assert.equal(installed.scope, 'user');
  assert.ok(installed.running && installed.startsAtBoot);
  assert.equal((await story.machine.run('ls', '/var/lib/systemd/linger')).out.trim(), user);
  story.tell('installed without root, it starts at boot: the user lingers');
}

async function push(story: Story): Promise<void> {
  const app = await story.push();

  assert.ok(app.noNewPrivileges && app.isFiltered);
  assert.deepEqual(app.strangePorts, []);
  assert.equal(app.runtime, user);
  story.tell('its app has a Node of the user and no way to become root');
}
