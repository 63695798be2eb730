import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { environmentVariableOf, processTable } from '#ground/processes.ts';
import { isolationHere } from '#workload/sandbox/index.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { allRemoved, linesOf, startStager } from '../peers.ts';
import { buildpack, start } from './played-staging.ts';

const { level } = await isolationHere();

const release = `echo '{default_process_types: {web: "sleep 60"}}'`;
const compiling = (compile: string) => ({ packs: { pack: buildpack({ compile, release }) } });

/** Tells of each line of bash whether it can be done. */
const trying = (lines: Readonly<Record<string, string>>) =>
  Object.entries(lines)
    .map(
      ([name, line]) => `if ( ${line} ) >/dev/null 2>&1; then echo "could ${name}"; else echo "could not ${name}"; fi`,
    )
    .join('\n');

describe(
  'a buildpack in its sandbox',
  (it) => {
    if (level === 0) {
      it('is none here', async (scope) => {
        const { stager, stage } = await start(scope, compiling('true'));
        assert.is((await stage()).error, undefined);
        const told = stager.entries.filter(({ event }) => event === 'staging is not isolated');
        assert.is(told.length, 1);
      });
      return;
    }

    it('can write into its own directories and nowhere else, and nothing of it is left', async (scope) => {
      const platform = await scratchDirectory(scope);
      await writeFile(join(platform, 'token'), 'secret');
      const mark = `left-by-a-buildpack-${process.pid}`;
      const place = { dataDir: join(platform, 'stager') };
      await mkdir(join(place.dataDir, 'build-caches', 'of-another-app'), { recursive: true });
      await writeFile(join(place.dataDir, 'build-caches', 'of-another-app', 'file'), 'private');
      const lines = {
        'write into BUILD': 'echo x > "$1/x"',
        'write into CACHE': 'echo x > "$2/x"',
        'write into its own folder': `echo x > "\${0%/*}/x"`,
        'write into HOME': 'echo x > "$HOME/x"',
        'write into TMPDIR': 'echo x > "$TMPDIR/x"',
        'write into /tmp': `echo x > /tmp/${mark}`,
        'write into /var/tmp': `echo x > /var/tmp/${mark}`,
        'write into /etc': `echo x > /etc/${mark}`,
        "write into the user's home": `echo x > '${homedir()}/${mark}'`,
        "write into the platform's home": `echo x > '${platform}/token'`,
        "read the platform's token": `cat '${platform}/token'`,
        'read the cache of another app': `cat '${place.dataDir}/build-caches/of-another-app/file'`,
        'see another task': `ls -d '${place.dataDir}/tmp/'*/../other`,
        'signal the platform': `kill -0 ${process.pid}`,
        'change a setting of the machine': 'echo 1 > /proc/sys/vm/drop_caches',
      };
      const { stager, stage } = await start(scope, {
        ...compiling(trying(lines)),
        options: { hidden: [platform] },
        place,
      });
      await mkdir(join(place.dataDir, 'tmp', 'other'));

      const reply = await stage();

      assert.is(reply.error, undefined, reply.error ?? '');
      const own = 6;
      const said = linesOf(reply).filter((line) => line.startsWith('could '));
      const expected = Object.keys(lines).map((line, index) => `could ${index <= own ? '' : 'not '}${line}`);
      assert.equal(said, expected);
      for (const directory of ['/tmp', '/var/tmp', '/etc', homedir()]) {
        assert.not.ok((await readdir(directory)).includes(mark), directory);
      }
      await rm(join(place.dataDir, 'tmp', 'other'), { recursive: true });
      await allRemoved(stager);
      const told = stager.entries.filter(({ event }) => event === 'staging is isolated');
      assert.is(told.length, 1);
    });

    it('is told what it may write when it fails for that, in words of its own and in ours', async (scope) => {
      const { stage, cloud } = await start(scope, compiling('mkdir /opt/of-a-buildpack || exit 7'));

      const error = (await stage()).error ?? '';

      assert.match(error, 'BuildpackCompileFailed: ');
      assert.match(
        error,
        'exit status 7. It could not write outside of its directories. A staging may write into the app',
      );
      assert.match(error, /\| .*mkdir: .*\/opt\/of-a-buildpack.*: Read-only file system/);
      assert.is(cloud.uploads.length, 0);
    });

    it('leaves no daemon, whatever that does to hide', async (scope) => {
      const mark = `daemon-${process.pid}`;
      const hide = `MARK=${mark} setsid env -u LOCALPAAS_BUILD bash -c 'trap "" TERM HUP; while :; do sleep 1; done' >/dev/null 2>&1 &`;
      const { stage } = await start(scope, compiling(`${hide}\ndisown; echo left`));

      const reply = await stage();

      assert.is(reply.error, undefined, reply.error ?? '');
      assert.ok(linesOf(reply).includes('left'));
      const left = (await processTable()).filter(({ pid }) => environmentVariableOf(pid, 'MARK') === mark);
      assert.equal(left, []);
    });

    it('may kill all it sees, and harms nobody else', async (scope) => {
      const { stage } = await start(scope, compiling('echo before; kill -9 -1; echo "not $?"; sleep 1'));
      const reply = await stage();
      assert.is(reply.error, undefined, reply.error ?? '');
      assert.ok(linesOf(reply).includes('before'));
    });

    it('finds what it would in a container of Heroku or Diego, where the machine has nothing there', async (scope) => {
      const lines = {
        'write into /app': 'echo x > /app/x',
        'write into /home/vcap': 'echo x > /home/vcap/x && [ -e "$HOME/x" ]',
        'find the app in /tmp/app': '[ -e /tmp/app/app.txt ]',
      };
      const { stage } = await start(scope, compiling(trying(lines)));
      const reply = await stage();
      const wanted = Object.keys(lines).filter((line) => !existsSync(line.slice('write into '.length)));
      for (const line of wanted) assert.ok(linesOf(reply).includes(`could ${line}`), reply.task_log);
    });

    it('keeps its /tmp from one script of a staging to the next, and not to the next staging', async (scope) => {
      const seen = 'echo "seen: $(cat /tmp/note 2>/dev/null)"; echo "$0" | tee /tmp/note >/dev/null';
      const pack = buildpack({ supply: `${seen}\nexit 0`, finalize: `${seen}\nexit 0`, release });
      const { stage } = await start(scope, { packs: { pack } });
      for (const _ of [1, 2]) {
        const lines = linesOf(await stage()).filter((line) => line.startsWith('seen: '));
        assert.is(lines[0], 'seen: ');
        assert.match(lines[1] ?? '', /^seen: \/.*\/bin\/supply$/);
      }
    });

    it('has the network, its names and its certificates as they are', async (scope) => {
      const lines = {
        'reach the loopback interface': `exec 3<>/dev/tcp/127.0.0.1/$PORT_OF_A_SERVER`,
        'find names': 'getent hosts localhost',
        'read certificates': '[ ! -e /etc/ssl/certs ] || ls /etc/ssl/certs/',
      };
      const { stage, cloud, request } = await start(scope, compiling(trying(lines)));
      request.properties.environment = [`PORT_OF_A_SERVER=${new URL(cloud.address).port}`];
      const reply = await stage();
      for (const line of Object.keys(lines)) assert.ok(linesOf(reply).includes(`could ${line}`), reply.task_log);
    });

    it('makes the same droplet as without, byte for byte', async (scope) => {
      const make = `
        mkdir -p "$1/made/deep"; echo made > "$1/made/deep/file"; chmod 640 "$1/made/deep/file"; chmod 700 "$1/made"
        ln -s deep/file "$1/made/link"; cp /bin/sh "$1/made/sh"; tar -cf - -C /etc hostname | tar -xf - -C "$1/made"
        echo "$(id -u):$(id -g) $PWD $(umask) $LANG $PATH $#" > "$1/facts"; sed -i "s#$1#BUILD#" "$1/facts"`;
      const digests = [];
      for (const isolation of ['none', 'auto'] as const) {
        const { stage, cloud } = await start(scope, { ...compiling(make), options: { isolation } });
        const { error } = await stage();
        assert.is(error, undefined, error ?? '');
        digests.push(
          createHash('sha256')
            .update(cloud.uploads[0]?.droplet ?? '')
            .digest('hex'),
        );
      }
      assert.is(digests[0], digests[1]);
    });

    it('is the same for hooks of an app', async (scope) => {
      const { stage, request } = await start(scope, compiling('true'));
      request.hooks = { 'pre-staging': ['echo x > /tmp/x && echo fine', 'echo x > /etc/of-a-hook'] };
      const reply = await stage();
      assert.ok(linesOf(reply).includes('fine'));
      assert.match(reply.error ?? '', /The hook pre-staging failed with exit status 1: .*It could not write outside/);
      assert.match(reply.error ?? '', 'Read-only file system');
    });
  },
  { timeoutMs: 120_000 },
);

describe('a stager', (it) => {
  it('does without a sandbox when it is told to, and says so', async (scope) => {
    const mark = join(tmpdir(), `without-a-sandbox-${process.pid}`);
    scope.defer(() => rm(mark, { force: true }));
    const { stager, stage } = await start(scope, { ...compiling(`touch '${mark}'`), options: { isolation: 'none' } });
    assert.is((await stage()).error, undefined);
    assert.ok(existsSync(mark));
    assert.is(stager.entries.filter(({ event }) => event === 'staging is not isolated').length, 1);
  });

  it('does not start where it would have to isolate less than is required', async (scope) => {
    const error = await thrownBy(() => startStager(scope, { requireIsolation: 3 }));
    assert.match(error.message, 'Level 3 of isolation is required, and staging has level');
    await startStager(scope, { requireIsolation: level });
  });
});
