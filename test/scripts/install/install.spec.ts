import { cp, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { machineWith, system } from './machine.ts';
import { program, type Release, released, serve } from './release.ts';

const saysVersion = '\nlocalpaas 1.2.3\n';

/** Serves a release as a web server does. */
function publish(scope: Scope, { directory }: Release): Promise<string> {
  return serve(scope, async (request, response) => {
    const content = await readFile(join(directory, basename(request.url ?? ''))).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
}

/** Serves its sums as a whole, and the beginning of everything else. */
function publishHalf(scope: Scope, { directory }: Release, end: 'cut' | 'stay'): Promise<string> {
  return serve(scope, async (request, response) => {
    const content = await readFile(join(directory, basename(request.url ?? '')));
    const isSums = request.url?.endsWith('SHA256SUMS');
    response.writeHead(200, { 'content-length': content.length });
    if (isSums) response.end(content);
    else response.write(content.subarray(0, 100_000), () => end === 'cut' && response.destroy());
  });
}

for (const shell of ['dash', 'bash']) {
  describe(`install.sh, run by ${shell}`, (it) => {
    it('installs from a directory, and ends with the version', async (scope) => {
      const { to, install } = await machineWith(scope, shell);
      const { directory } = await released(scope);

      const { code, out, err } = await install(['--from', directory, '--to', to]);

      assert.equal({ code, err }, { code: 0, err: '' });
      assert.ok(out.endsWith(saysVersion), out);
      assert.equal(await readdir(to), ['localpaas']);
      assert.is(await readFile(join(to, 'localpaas'), 'utf8'), program('1.2.3'));
      assert.is((await stat(join(to, 'localpaas'))).mode & 0o777, 0o755);
    });

    for (const tool of ['curl', 'wget']) {
      it(`installs from a URL with ${tool}`, async (scope) => {
        const { to, install } = await machineWith(scope, shell, { has: [tool] });
        const url = await publish(scope, await released(scope));

        const { code, out, err } = await install(['--from', `${url}/`, '--to', to]);

        assert.equal({ code, err }, { code: 0, err: '' });
        assert.ok(out.endsWith(saysVersion), out);
        assert.equal(await readdir(to), ['localpaas']);
      });

      it(`installs nothing when ${tool} gets a part`, async (scope) => {
        const { to, install } = await machineWith(scope, shell, { has: [tool] });
        const url = await publishHalf(scope, await released(scope), 'cut');

        const { code, err } = await install(['--from', url, '--to', to]);

        assert.is(code, 1);
        assert.match(err, `localpaas was not installed: localpaas-linux-x64 cannot be had from ${url}.\nName another`);
        assert.equal(await readdir(to), []);
      });

      it(`installs nothing when ${tool} finds nothing`, async (scope) => {
        const { to, install } = await machineWith(scope, shell, { has: [tool] });
        const url = await serve(scope, (_, response) => response.writeHead(404).end('<html>Not here</html>'));

        const { code, err } = await install(['--from', url, '--to', to]);

        assert.is(code, 1);
        assert.match(err, `SHA256SUMS cannot be had from ${url}.`);
        assert.equal(await readdir(to), []);
      });
    }

    it('takes the file that lies beside it, without --from', async (scope) => {
      const { to, install } = await machineWith(scope, shell);
      const { directory } = await released(scope);
      await cp(resolve('scripts/install.sh'), join(directory, 'install.sh'));

      const { code, out } = await install(['--to', to], join(directory, 'install.sh'));

      assert.is(code, 0);
      assert.ok(out.endsWith(saysVersion), out);
    });

    it('goes to the release page of a version, without --from', async (scope) => {
      const fakes = { curl: 'for last; do :; done; echo "asked for $last" >&2; exit 22' };
      const { to, install } = await machineWith(scope, shell, { fakes, has: [] });

      const latest = await install(['--to', to]);
      const named = await install(['--to', to, '--version', '1.2.3']);

      assert.match(latest.err, /^asked for https:.*\/releases\/latest\/download\/SHA256SUMS\n/);
      assert.match(named.err, /^asked for https:.*\/releases\/download\/v1\.2\.3\/SHA256SUMS\n/);
    });

    it('goes to ~/.local/bin, without --to, and says how a shell finds it', async (scope) => {
      const { home, install } = await machineWith(scope, shell, { fakes: { id: 'echo 1000' } });
      const { directory } = await released(scope);

      const { code, out } = await install(['--from', directory]);

      assert.is(code, 0);
      assert.match(out, `in ~/.profile:  export PATH="${home}/.local/bin:$PATH"\n`);
      assert.is(await readFile(join(home, '.local/bin/localpaas'), 'utf8'), program('1.2.3'));
    });

    it('goes to /usr/local/bin as root', async (scope) => {
      const mount = 'mount -t tmpfs none /usr/local';
      const { install } = await machineWith(scope, shell, { mount, fakes: { id: 'echo 0' } });
      const { directory } = await released(scope);

      const { code, out } = await install(['--from', directory]);

      assert.is(code, 0);
      assert.match(out, 'Installed /usr/local/bin/localpaas:\n');
    });

    it('says nothing of PATH where a shell finds it', async (scope) => {
      const { bin, install } = await machineWith(scope, shell);
      const { directory } = await released(scope);

      const { out } = await install(['--from', directory, '--to', bin]);

      assert.is(out, `Installed ${bin}/localpaas:\nlocalpaas 1.2.3\n`);
    });

    it('replaces an earlier one by another file, which those that run it do not notice', async (scope) => {
      const { to, install } = await machineWith(scope, shell);
      const { directory } = await released(scope);
      await writeFile(join(to, 'localpaas'), 'earlier');
      await using earlier = await open(join(to, 'localpaas'));

      const { code } = await install(['--from', directory, '--to', to, '--version', 'v1.2.3']);

      assert.is(code, 0);
      assert.is(await readFile(join(to, 'localpaas'), 'utf8'), program('1.2.3'));
      assert.is(await earlier.readFile('utf8'), 'earlier');
    });

    it('leaves nothing when it is interrupted', async (scope) => {
      const { to, start } = await machineWith(scope, shell);
      const url = await publishHalf(scope, await released(scope), 'stay');
      const { pid, ran } = start(['--from', url, '--to', to]);
      await waitFor('the download', async () => (await sizeBelow(to)) >= 100_000 || undefined, { limitMs: 15_000 });

      process.kill(-pid, 'SIGINT');

      assert.is.not((await ran).code, 0);
      assert.equal(await readdir(to), []);
    });

    const builds = {
      'x86_64 with 64 bits': ['x86_64', 64, 'x64'],
      'aarch64 with 64 bits': ['aarch64', 64, 'arm64'],
      'armv7l with 32 bits': ['armv7l', 32, 'armv7l'],
      'aarch64 with 32 bits, as of Raspberry Pi OS': ['aarch64', 32, 'armv7l'],
      'armv8l with 32 bits': ['armv8l', 32, 'armv7l'],
    } as const;
    for (const [what, [kernel, bits, build]] of Object.entries(builds)) {
      it(`takes the build for ${what}`, async (scope) => {
        const fakes = { ...system(kernel, bits), ldconfig: 'echo "libatomic.so.1 (libc6) => /lib/libatomic.so.1"' };
        const { to, install } = await machineWith(scope, shell, { fakes });
        const { directory } = await released(scope, { for: build });

        const { code, err } = await install(['--from', directory, '--to', to]);

        assert.equal({ code, err }, { code: 0, err: '' });
      });
    }
  });
}

/** Of all files below a directory. */
async function sizeBelow(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(directory, name)).catch(() => ({ size: 0 }))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
