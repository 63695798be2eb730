import * as assert from 'node:assert/strict';
import { waitFor } from '#ground/wait.ts';
import { nodeThere } from './installation.ts';
import { type Story, succeeded } from './story.ts';

/** A crash: the platform comes back, and the apps do not notice. */
export async function crash(story: Story): Promise<void> {
  const [before, app] = [await story.platform(), await story.answer()];

  const requests = await story.asking(async () => {
    await story.machine.run('kill', '-KILL', String(before));
    await story.platformAfter(before);
  });

  const now = await story.answer();
  assert.equal(now.pid, app.pid);
  assert.ok(now.keptFile, 'its file in /tmp is still there');
  assert.deepEqual(
    await story.left().then((lines) => lines.filter((line) => /witness|server\.js/.test(line)).length),
    1,
  );
  story.tell(`killed, the platform is back, and the app goes on with its pid; ${requests}`);
}

/** Another executable takes over: systemd starts it in the place of the one before. */
export async function upgrade(story: Story): Promise<void> {
  if (story.download === undefined) return;
  const [before, app] = [await story.platform(), await story.answer()];

  const requests = await story.asking(async () => {
    succeeded(await story.sudo('upgrade', '--from', story.download ?? '', '--force'));
  });

  assert.notEqual(await story.platform(), before);
  assert.equal((await story.answer()).pid, app.pid);
  story.tell(`upgraded, the app goes on with its pid; ${requests}`);
}

/** `systemctl restart`: the apps are stopped and started, and requests wait. */
export async function restart(story: Story): Promise<void> {
  const before = await story.answer();

  const requests = await story.asking(async () => succeeded(await story.systemctl('restart', 'localpaas')));

  assert.notEqual((await story.answer()).pid, before.pid);
  story.tell(`restarted with its app; ${requests}`);
}

/** `localpaas down`: whatever asks for the port afterwards does not wake it. */
export async function down(story: Story): Promise<void> {
  succeeded(await story.localpaas('down'));

  await story.expectRefusal();
  await expectStopped(story);
  succeeded(await story.systemctl('start', 'localpaas'));
  await story.answer();
  story.tell('`localpaas down` stops it for good, `systemctl start` brings it back');
}

/** A machine that is switched off and on again, nobody logs in. */
export async function reboot(story: Story, how: 'reboot' | 'power cut'): Promise<void> {
  if (how === 'reboot') await story.machine.reboot();
  else {
    story.machine.cutPower();
    await story.machine.boot();
  }

  await story.answer();
  story.tell(`after a ${how} platform and app are back by themselves`);
}

export async function stop(story: Story): Promise<void> {
  succeeded(await story.systemctl('stop', 'localpaas'));

  await story.expectRefusal();
  await expectStopped(story);
  const status = await story.manage('status', '--json');
  assert.equal(status.code, 3);
  assert.equal(JSON.parse(status.out).running, false);
  assert.equal(JSON.parse(status.out).startsAtBoot, true);
  story.tell('`systemctl stop` stops everything');
}

/** A platform that is killed and cannot start again: that is given up, and the reason can be seen. Its app goes on. */
export async function fail(story: Story): Promise<void> {
  succeeded(await story.systemctl('start', 'localpaas'));
  const { pid } = await story.answer();
  const thief = "setInterval(() => require('net').createServer().on('error', () => {}).listen(4222, '127.0.0.1'), 5)";
  succeeded(await story.machine.run('systemd-run', '--quiet', '--unit=thief', nodeThere, '--eval', thief));

  await story.machine.run('kill', '-KILL', String(await story.platform()));
  await story.waitForState('localpaas.service', 'failed');

  const status = await story.manage('status');
  assert.equal(status.code, 3);
  assert.match(status.out, /does not run: failed \(failed, \S+\)/);
  assert.match(status.out, /error .*4222.*(address already in use|holds it)/);
  assert.equal((await story.machine.run('kill', '-0', String(pid))).code, 0);
  story.tell('a start that fails over and over is given up, `service status` says why, and the app goes on');
}

/** @param directory of the units */
export async function uninstall(story: Story, directory: string): Promise<void> {
  succeeded(await story.manage('uninstall'));

  await story.expectRefusal();
  assert.deepEqual(await story.left(), []);
  assert.equal((await story.machine.run('find', directory, '-name', 'localpaas*')).out, '');
  assert.equal(await story.stateOf('localpaas.service'), 'inactive');
  assert.equal((await story.machine.run('test', '-s', '/home/pi/.localpaas/cli/login.json')).code, 0);
  const again = succeeded(await story.manage('uninstall', '--json'));
  assert.deepEqual(JSON.parse(again.out), { removed: false });
  story.tell('uninstalled, nothing is left but the data');
}

async function expectStopped(story: Story): Promise<void> {
  const isInactive = async () => {
    const states = [await story.stateOf('localpaas.service'), await story.stateOf('localpaas.socket')];
    return states.every((state) => state === 'inactive') ? true : undefined;
  };
  await waitFor('service and socket to be inactive', isInactive, { limitMs: 5_000, everyMs: 50 });
  assert.deepEqual(await story.left(), []);
}
