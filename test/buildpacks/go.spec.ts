import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe } from '../support/spec.ts';
import { get, makeApp, notedPrograms, pathWithout, type Staged, Staging, sampleApps, start } from './staging.ts';

const program = 'package main\n\nfunc main() {}\n';

describe(
  'the buildpack go',
  (it) => {
    it(
      'builds and starts a module, compiles nothing the next time, and takes other modules from the folder vendor',
      async (scope) => {
        const staging = await Staging.of(scope, 'go');
        const how = { offline: true, env: { GOFLAGS: '-x' } };
        const first = await staging.staged(join(sampleApps, 'hello-go'), how);
        const second = await staging.staged(join(sampleApps, 'hello-go'), how);

        assert.is(first.web, './bin/app');
        const program = ({ droplet }: Staged) => readFile(join(droplet, 'app', 'bin', 'app'));
        assert.ok((await program(first)).equals(await program(second)));
        assert.is(first.config.output_metadata, undefined);
        assert.match(await get(await start(scope, first)), /^Hello from go[\d.]+, instance 3\.\n$/);
        const compiling = /\/compile -o /;
        assert.match(first.out, compiling);
        assert.not.match(second.out, compiling);

        const app = await makeApp(scope, {
          'go.mod': 'module example.org/app\n\ngo 1.17\n\nrequire example.org/greet v1.0.0\n',
          'vendor/modules.txt': '# example.org/greet v1.0.0\n## explicit\nexample.org/greet\n',
          'vendor/example.org/greet/greet.go': 'package greet\n\nfunc Hello() {}\n',
          'cmd/web/main.go': 'package main\n\nimport "example.org/greet"\n\nfunc main() { greet.Hello() }\n',
          'cmd/notes.txt': '',
        });
        const { out, droplet } = await staging.staged(app, { offline: true });
        assert.match(out, 'Modules come from vendor/');
        assert.match(out, 'Building ./cmd/web');
        await access(join(droplet, 'app', 'bin', 'app'));
      },
      { timeoutMs: 180_000 },
    );

    it('says that there is no network, and what to do, without having go try', async (scope) => {
      const staging = await Staging.of(scope, 'go');
      const app = await makeApp(scope, {
        'go.mod': 'module example.org/app\n\ngo 1.17\n\nrequire example.org/greet v1.0.0\n',
        'main.go': 'package main\n\nimport _ "example.org/greet"\n\nfunc main() {}\n',
      });
      const { path, calls } = await notedPrograms(scope, 'go');
      const { code, err, out } = await staging.stage(app, { offline: true, env: { PATH: path } });

      assert.is(code, 1);
      assert.match(out, 'No network: modules come from the cache');
      assert.match(err, '`go mod vendor` puts them into the app');
      const builds = (await calls()).filter((call) => call.startsWith('go build'));
      assert.ok(builds.length > 0);
      for (const call of builds) assert.match(call, / GOPROXY=off$/);
    });

    it('shows what the compiler says', async (scope) => {
      const staging = await Staging.of(scope, 'go');
      const app = await makeApp(scope, { 'main.go': 'package main\n\nfunc main() { nonsense() }\n' });
      const { code, out } = await staging.stage(app, { offline: true });

      assert.is(code, 1);
      assert.match(out, 'main.go:3:15');
    });

    it('asks which program is meant when there are several, or none', async (scope) => {
      const staging = await Staging.of(scope, 'go');
      const several = await makeApp(scope, { 'go.mod': 'module x\n', 'cmd/a/a.go': program, 'cmd/b/b.go': program });
      const refused = await staging.stage(several, { offline: true });
      const none = await staging.stage(await makeApp(scope, { 'go.mod': 'module x\n', 'x.go': 'package x\n' }));

      assert.is(refused.code, 1);
      assert.match(refused.err, 'Several programs could be built: ./cmd/a/ ./cmd/b/.');
      assert.match(refused.err, 'GO_INSTALL_PACKAGE_SPEC=./cmd/a');
      assert.is(none.code, 1);
      assert.match(none.err, 'There is no package main');
    });

    it('says that Go is missing', async (scope) => {
      const staging = await Staging.of(scope, 'go');
      const app = await makeApp(scope, { 'go.mod': 'module x\n' });
      const { code, err } = await staging.stage(app, { env: { PATH: await pathWithout(scope, 'go') } });

      assert.is(code, 1);
      assert.match(err, 'There is no program go here.');
    });
  },
  { timeoutMs: 120_000 },
);
