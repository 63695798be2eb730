import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe } from '../support/spec.ts';
import { ended, get, makeApp, notedPrograms, pathWithout, Staging, sampleApps, start } from './staging.ts';

/** Writes a package as pip installs it: a zip with four files. */
const writeWheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/greet-1.0-py3-none-any.whl", "w") as wheel:
    info = "greet-1.0.dist-info/"
    wheel.writestr("greet.py", "def hello():\\n    return 'hello from a wheel'\\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: greet\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: hand\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "".join(f"{name},,\\n" for name in ["greet.py", info + "METADATA", info + "WHEEL", info + "RECORD"]))
`;

const wsgi = `from greet import hello

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [hello().encode()]
`;

describe(
  'the buildpack python',
  (it) => {
    it('serves a WSGI app and the packages that came with it, with nothing but Python', async (scope) => {
      const staging = await Staging.of(scope, 'python');
      const path = await pathWithout(scope, 'pip', 'pip3', 'gunicorn');
      const staged = await staging.staged(join(sampleApps, 'routes-python'), { offline: true, env: { PATH: path } });
      const url = await start(scope, staged);

      assert.is(staged.web, 'python3 "$DEPS_DIR/0/serve_wsgi.py" app:app');
      assert.is(staged.config.output_metadata?.runtime.name, 'python');
      assert.is(await get(`${url}/hello/you`), '{"hello": "you", "instance": 3}\n');
    });

    it('serves wsgi.py', async (scope) => {
      const staging = await Staging.of(scope, 'python');
      const staged = await staging.staged(join(sampleApps, 'hello-python'), { offline: true });

      assert.match(await get(await start(scope, staged)), 'Hello from Python');
    });

    it(
      'installs wheels of the app without a network, and takes them from the cache the next time',
      async (scope) => {
        const app = await makeApp(scope, { 'requirements.txt': 'greet==1.0\n', 'wsgi.py': wsgi });
        await mkdir(join(app, 'wheels'));
        execFileSync('python3', ['-c', writeWheel, join(app, 'wheels')]);
        const staging = await Staging.of(scope, 'python');

        const first = await staging.staged(app, { offline: true });
        assert.match(first.out, 'Installing packages with pip');
        const compiled = await readdir(join(first.droplet, 'app', '.python_packages', '__pycache__'));
        const content = await readFile(
          join(first.droplet, 'app', '.python_packages', '__pycache__', compiled[0] ?? ''),
        );
        // The second word says by what a compiled file is compared with its source: 3 is the content, not the date.
        assert.is(content.readUInt32LE(4), 3);
        const { out: places } = await ended(['grep', '-rl', dirname(staging.cache), first.droplet], { TMPDIR: app });
        assert.is(places, '', 'where it was staged is nobody’s business');
        assert.is(await get(await start(scope, first)), 'hello from a wheel');
        const second = await staging.staged(app, { offline: true });
        assert.match(second.out, 'Requirements unchanged');

        // Other requirements, and the app brings nothing any more: the cache still has the package.
        await rm(join(app, 'wheels'), { recursive: true });
        await writeFile(join(app, 'requirements.txt'), '# only this\ngreet\n');
        const third = await staging.staged(app, { offline: true });
        assert.match(third.out, 'Installing packages with pip');
        assert.is(await get(await start(scope, third)), 'hello from a wheel');
      },
      { timeoutMs: 120_000 },
    );

    it('says that there is no network, and what to do, without having pip try', async (scope) => {
      const staging = await Staging.of(scope, 'python');
      const app = await makeApp(scope, { 'requirements.txt': 'no-such-package-here==1.0\n', 'app.py': '' });
      const { path, calls } = await notedPrograms(scope, 'python3');
      const env = { PIP_CONFIG_FILE: '/dev/null', PATH: path };
      const { code, err } = await staging.stage(app, { offline: true, env });

      assert.is(code, 1);
      assert.match(err, 'neither the app nor the cache has all of them, and no index answers');
      assert.match(err, 'python3 -m pip wheel --wheel-dir wheels -r requirements.txt');
      const fetching = (await calls()).filter((call) => /\bpip\b.* (?:wheel|install|download)\b/.test(call));
      assert.ok(fetching.length > 0);
      for (const call of fetching) assert.match(call, ' --no-index ');
    });

    it('says that pip is missing, and how to do without', async (scope) => {
      const staging = await Staging.of(scope, 'python');
      const app = await makeApp(scope, { 'requirements.txt': 'greet\n', 'app.py': '' });
      // As on a Debian without python3-pip: Python does not find it.
      const isolated = await makeApp(scope, {
        'sitecustomize.py': 'import sys\nsys.path = [p for p in sys.path if "-packages" not in p]\n',
      });
      const { code, err } = await staging.stage(app, { offline: true, env: { PYTHONPATH: isolated } });

      assert.is(code, 1);
      assert.match(err, 'There is no pip for ');
      assert.match(err, 'python3 -m pip install --target .python_packages -r requirements.txt');
    });

    it('reads requirements from Pipfile.lock and pyproject.toml too', async (scope) => {
      const staging = await Staging.of(scope, 'python');
      const requirements = async (files: Record<string, string>) => {
        const script = join(staging.buildpack, 'lib', 'requirements.py');
        return execFileSync('python3', [script, await makeApp(scope, files)], { encoding: 'utf8' });
      };
      const locked = { greet: { version: '==1.0', extras: ['a', 'b'], markers: "python_version > '3'" }, other: {} };

      assert.is(
        await requirements({ 'Pipfile.lock': JSON.stringify({ default: locked }) }),
        "greet[a,b]==1.0 ; python_version > '3'\nother\n",
      );
      assert.is(
        await requirements({ 'pyproject.toml': '[project]\nname = "x"\ndependencies = ["greet>=1", "b"]\n' }),
        'greet>=1\nb\n',
      );
      assert.is(await requirements({ Pipfile: '[packages]\ngreet = "*"\nb = ">=2"\n' }), 'greet\nb>=2\n');
      assert.is(await requirements({ 'app.py': '' }), '');
    });

    it('refuses requirements that nobody can read', async (scope) => {
      const staging = await Staging.of(scope, 'python');
      for (const [files, said] of [
        [{ 'Pipfile.lock': '{' }, 'Pipfile.lock cannot be read'],
        [{ 'pyproject.toml': 'x' }, 'pyproject.toml cannot be read'],
        [{ 'pyproject.toml': '[tool.poetry.dependencies]\na = "1"\n' }, 'poetry export'],
      ] as const) {
        const { code, err } = await staging.stage(await makeApp(scope, files), { offline: true });

        assert.is(code, 1);
        assert.match(err, said);
        assert.not.match(err, 'Traceback');
      }
    });

    it('finds out how the app starts, and on which Python', async (scope) => {
      const staging = await Staging.of(scope, 'python');
      const staged = async (files: Record<string, string>) => staging.staged(await makeApp(scope, files));
      const web = async (files: Record<string, string>) => (await staged(files)).web;
      const gunicorn = { '.python_packages/gunicorn/__init__.py': '' };
      const address = `--bind "\${VCAP_APP_HOST:-0.0.0.0}:$PORT" --access-logfile -`;

      assert.is(await web({ 'main.py': 'print(1)' }), 'python3 main.py');
      const flask = 'app = Flask(__name__)\nif __name__ == "__main__":\n    app.run()\n';
      assert.is(await web({ 'app.py': flask }), 'python3 app.py');
      assert.is(await web({ 'app.py': flask, ...gunicorn }), `python3 -m gunicorn ${address} app:app`);
      assert.is(
        await web({ 'wsgi.py': 'from shop import app\n', ...gunicorn }),
        `python3 -m gunicorn ${address} wsgi:app`,
      );
      const django = { 'manage.py': '', 'shop/wsgi.py': '' };
      assert.is(await web({ ...django, ...gunicorn }), `python3 -m gunicorn ${address} shop.wsgi:application`);
      assert.match((await web(django)) ?? '', 'python3 manage.py runserver --noreload');
      assert.is(await web({ 'requirements.txt': '', 'other.py': '' }), undefined);

      const { config } = await staged({ 'app.py': '', 'runtime.txt': 'python-3.11.x\n' });
      assert.is(config.output_metadata?.runtime.constraint, '3.11.x');
    });
  },
  { timeoutMs: 120_000 },
);
