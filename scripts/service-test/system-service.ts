import * as assert from 'node:assert/strict';
import { crash, down, fail, reboot, restart, stop, uninstall, upgrade } from './live-and-die.ts';
import { type Stage, Story, succeeded, user } from './story.ts';

const directory = '/etc/systemd/system';

/** A service of the machine, which runs as an ordinary user. */
export async function systemService(stage: Stage): Promise<void> {
  const story = new Story(stage, 'system', 80);
  await refuseBadInput(story);
  await takeOver(story);
  await checkUnits(story);
  await checkApp(story);
  await change(story);
  await crash(story);
  await upgrade(story);
  await restart(story);
  await down(story);
  await refuseSecond(story);
  await stop(story);
  await reboot(story, 'reboot');
  await reboot(story, 'power cut');
  await fail(story);
  await uninstall(story, directory);
}

async function refuseBadInput(story: Story): Promise<void> {
  const { machine } = story;
  const hidden = story.command().length === 1 ? [] : [await hide(story)];
  const cases: [number, RegExp, string[]][] = [
    [2, /The platform and its apps never run as root, and nobody says as whom/, story.command('service', 'install')],
    [2, /'root' is root/, story.command('service', 'install', '--run-as', 'root')],
    [2, /This machine has no user 'nobody-here'/, story.command('service', 'install', '--run-as', 'nobody-here')],
    [4, /\/proc\/paas: ENOENT/, story.command('service', 'install', '--run-as', user, '--home', '/proc/paas')],
    [
      4,
      /cannot keep its files in \/root: pi may not write/,
      story.command('service', 'install', '--run-as', user, '--home', '/root'),
    ],
    ...hidden,
  ];
  for (const [code, message, command] of cases) {
    const ran = await machine.run(...command);
    assert.equal(ran.code, code, ran.err);
    assert.match(ran.err, message);
  }
  assert.equal((await machine.run('find', directory, '-name', 'localpaas*')).out, '');
  story.tell('what cannot work is refused, and nothing is written');
}

/** A localpaas where only root can get at it. */
async function hide(story: Story): Promise<[number, RegExp, string[]]> {
  const [node = '', bundle = ''] = story.command();
  succeeded(await story.machine.run('cp', '--recursive', bundle.replace(/\/dist\/[^/]+$/, ''), '/root/localpaas'));
  const install = [node, '/root/localpaas/dist/localpaas.cjs', 'service', 'install', '--run-as', user];
  return [4, /pi cannot run .*\/root\/localpaas\/dist\/localpaas\.cjs: /, install];
}

/** A platform that somebody started by hand is not disturbed, and its apps go on when the service takes over. */
async function takeOver(story: Story): Promise<void> {
  const { machine } = story;
  const options = ['--port', String(story.port), '--bus-port', '0'];
  const byHand = [
    '--unit=by-hand',
    '-p',
    `User=${user}`,
    '-p',
    'KillMode=process',
    '-p',
    'AmbientCapabilities=CAP_NET_BIND_SERVICE',
  ];
  succeeded(await machine.run('systemd-run', '--quiet', ...byHand, ...story.command('up', ...options)));
  await story.waitForHome();
  const app = await story.push();

  const refused = await story.manage('install', '--port', '80');
  assert.equal(refused.code, 4);
  assert.match(refused.err, /A localpaas that is no service runs with the home \/home\/pi\/\.localpaas already/);
  assert.equal((await machine.run('find', directory, '-name', 'localpaas*')).out, '');

  succeeded(await story.localpaas('down', '--keep-apps'));
  const installed = JSON.parse(succeeded(await story.manage('install', '--port', '80', '--json')).out);
  const { url, running, startsAtBoot, enabled, user: runsAs, home, hint } = installed;
  assert.deepEqual(
    { url, running, startsAtBoot, enabled, runsAs, home, hint },
    {
      url: 'http://127.0.0.1:80',
      running: true,
      startsAtBoot: true,
      enabled: true,
      runsAs: user,
      home: `/home/${user}/.localpaas`,
      hint: null,
    },
  );
  assert.equal((await story.answer()).pid, app.pid);
  story.tell('installed by sudo, it runs as the one who called sudo, on port 80, with the apps that ran already');
}

async function checkUnits(story: Story): Promise<void> {
  const { machine } = story;
  const { out, err } = await machine.run(
    'systemd-analyze',
    'verify',
    `${directory}/localpaas.service`,
    `${directory}/localpaas.socket`,
  );
  assert.equal(`${out}${err}`, '');
  const figures = succeeded(await machine.run('systemd-analyze', 'security', '--no-pager', 'localpaas.service')).out;
  const exposure = Number(/exposure level for localpaas\.service: ([\d.]+)/.exec(figures)?.[1]);
  assert.ok(exposure < 6, figures);
  story.tell(
    `systemd finds nothing wrong with the units, and an exposure of ${exposure} (${await plainExposure(story)} without)`,
  );
}

/** What systemd thinks of a service that does nothing but run as a user. */
async function plainExposure({ machine }: Story): Promise<string> {
  succeeded(await machine.run('systemd-run', '--quiet', '--unit=plain', '-p', `User=${user}`, 'sleep', '60'));
  const figures = (await machine.run('systemd-analyze', 'security', '--no-pager', 'plain.service')).out;
  await machine.run('systemctl', 'stop', 'plain');
  return /exposure level for plain\.service: ([\d.]+)/.exec(figures)?.[1] ?? '?';
}

async function checkApp(story: Story): Promise<void> {
  succeeded(await story.localpaas('restart', 'witness'));
  const app = await story.answer();

  const { out: uid } = await story.machine.run('id', '-u', user);
  const { out: groups } = await story.machine.run('id', '-G', user);
  assert.equal(app.uid, Number(uid));
  assert.deepEqual([...app.groups].sort(), groups.trim().split(' ').map(Number).sort());
  assert.equal(app.capabilities, '0000000000000000');
  assert.ok(app.noNewPrivileges && app.isFiltered);
  assert.deepEqual(app.strangePorts, []);
  assert.equal(app.runtime, user);
  story.tell(
    'its app has the groups of the user and a Node of the user, no way to become root, and no port but its own',
  );
}

async function change(story: Story): Promise<void> {
  const [before, app] = [await story.platform(), await story.answer()];

  succeeded(await story.manage('install', '--port', '80'));
  assert.equal(await story.platform(), before);

  succeeded(await story.manage('install', '--port', '8080', '--listen', '0.0.0.0'));
  await story.expectRefusal();
  story.port = 8080;
  assert.equal((await story.answer()).pid, app.pid);
  assert.notEqual(await story.platform(), before);
  story.tell('installed again with another port, it moves there, and the app goes on; with the same, nothing happens');
}

async function refuseSecond(story: Story): Promise<void> {
  const own = await story.localpaas('service', 'install', '--port', '8081');
  assert.equal(own.code, 4);
  assert.match(own.err, /pi has a localpaas service already: \/etc\/systemd\/system\/localpaas\.service/);

  const removal = await story.localpaas('service', 'uninstall');
  assert.equal(removal.code, 1);
  assert.match(removal.err, /sudo localpaas service uninstall/);

  const status = succeeded(await story.localpaas('service', 'status', '--json'));
  assert.equal(JSON.parse(status.out).scope, 'system');
  story.tell('its user cannot install a second one or remove it, but sees how it is');
}
