import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fetchFromDebian } from '../../../scripts/nats-server/debian-package.ts';
import { saysVersion, writeProgram } from '../../packaging/programs.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const program = saysVersion('2.10.27');

/** An archive with one package of nats-server, and the sources that name it. */
async function publish(scope: Scope, suite: string): Promise<string> {
  const directory = await scratchDirectory(scope);
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const control = `Package: nats-server\nVersion: 2.10.27-1\nArchitecture: ${architecture}\nMaintainer: A <a@b.example>\nDescription: a test\n`;
  await writeProgram(join(directory, 'package/usr/sbin/nats-server'), program);
  const licence = join(directory, 'package/usr/share/doc/nats-server');
  await mkdir(licence, { recursive: true });
  await writeFile(join(licence, 'copyright'), 'Apache 2.0');
  await mkdir(join(directory, 'package/DEBIAN'));
  await writeFile(join(directory, 'package/DEBIAN/control'), control);
  const pool = join(directory, 'debian/pool');
  const index = join(directory, `debian/dists/${suite}/main/binary-${architecture}`);
  await mkdir(pool, { recursive: true });
  await mkdir(index, { recursive: true });
  const file = join(pool, 'nats-server.deb');
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', join(directory, 'package'), file], { stdio: 'ignore' });
  const bytes = readFileSync(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const packages = `${control}Filename: pool/nats-server.deb\nSize: ${bytes.length}\nSHA256: ${sha256}\n`;
  await writeFile(join(index, 'Packages'), packages);
  const indexHash = createHash('sha256').update(packages).digest('hex');
  await writeFile(
    join(directory, `debian/dists/${suite}/Release`),
    `Suite: ${suite}\nArchitectures: ${architecture}\nComponents: main\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n ${indexHash} ${packages.length} main/binary-${architecture}/Packages\n`,
  );
  return sourcesFor(scope, `deb [trusted=yes] file:${directory}/debian ${suite} main\n`);
}

/** A directory like /etc/apt. */
async function sourcesFor(scope: Scope, line: string): Promise<string> {
  const directory = await scratchDirectory(scope);
  await mkdir(join(directory, 'sources.list.d'));
  await writeFile(join(directory, 'sources.list.d/a.list'), line);
  return directory;
}

async function complaintOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing was wrong',
    (error: Error) => error.message,
  );
}

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('localpaas-apt-'));
}

describe("Debian's package of nats-server", (it) => {
  it('is none where the machine has no Debian archive', async (scope) => {
    const complaint = await complaintOf(fetchFromDebian({ aptDirectory: await scratchDirectory(scope) }));

    assert.is(complaint, 'this machine gets no packages from a Debian archive');
  });

  if (!existsSync('/usr/bin/apt-get')) return;

  it('is unpacked without being installed', async (scope) => {
    const aptDirectory = await publish(scope, 'forky');
    const before = await leftovers();

    const { bytes, packageVersion } = await fetchFromDebian({ aptDirectory });

    assert.is(bytes.toString(), program);
    assert.is(packageVersion, '2.10.27-1');
    assert.equal(await leftovers(), before);
  });

  it('comes from the archive that has it, when another fails', async (scope) => {
    const aptDirectory = await publish(scope, 'trixie');
    await writeFile(join(aptDirectory, 'sources.list'), 'deb [trusted=yes] file:/nowhere/debian bookworm main\n');

    const { packageVersion } = await fetchFromDebian({ aptDirectory });

    assert.is(packageVersion, '2.10.27-1');
  });

  it('cannot be had from an archive that cannot be read, and says which', async (scope) => {
    const aptDirectory = await sourcesFor(scope, 'deb [trusted=yes] file:/nowhere/debian bookworm main\n');

    const complaint = await complaintOf(fetchFromDebian({ aptDirectory }));

    assert.match(complaint, 'file:/nowhere/debian trixie: ');
    assert.match(complaint, '/nowhere/debian/dists/trixie');
  });

  it('is refused when the archive is not signed', async (scope) => {
    const aptDirectory = await publish(scope, 'forky');
    const path = join(aptDirectory, 'sources.list.d/a.list');
    await writeFile(path, readFileSync(path, 'utf8').replace('[trusted=yes] ', ''));

    assert.match(await complaintOf(fetchFromDebian({ aptDirectory })), 'is not signed');
  });
});
