import { execFileSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { ended, get, makeApp, notedPrograms, pathWithout, Staging, sampleApps, start } from './staging.ts';

/** The sample app, built as its README says; without its sources, as it is pushed. */
async function builtSample(scope: Scope): Promise<string> {
  const app = join(await scratchDirectory(scope), 'app');
  await cp(join(sampleApps, 'hello-java'), app, { recursive: true });
  execFileSync(join(app, 'build.sh'), { stdio: 'pipe' });
  await rm(join(app, 'Hello.java'));
  return app;
}

/** Runs the program jar, which comes with a JDK, in a folder. */
async function jar(directory: string, ...args: readonly string[]): Promise<void> {
  const { code, err } = await ended(['jar', ...args], { PATH: process.env['PATH'] ?? '', TMPDIR: directory });
  assert.is(code, 0, err);
}

describe(
  'the buildpack java',
  (it) => {
    it(
      'starts a jar with as much heap as the instance has room for, also one that was unpacked',
      async (scope) => {
        const app = await builtSample(scope);
        const staging = await Staging.of(scope, 'java');
        const staged = await staging.staged(app, { offline: true });
        assert.is(staged.web, 'java $JAVA_OPTS -jar hello.jar');
        assert.match(staged.config.output_metadata?.runtime.version ?? '', /^[\d._]+/);
        assert.match(
          await get(await start(scope, staged)),
          /^Hello from Java .+, instance 3, with 6\d MB of heap\.\n$/,
        );

        await jar(app, 'xf', 'hello.jar');
        await rm(join(app, 'hello.jar'));
        const unpacked = await staging.staged(app, { offline: true });
        assert.is(unpacked.web, 'java $JAVA_OPTS -cp . Hello');
        const url = await start(scope, unpacked, { MEMORY_LIMIT: '1g', JAVA_OPTS: '-Xmx40m' });
        assert.match(await get(url), /with (38|39|40) MB of heap/);
      },
      { timeoutMs: 120_000 },
    );

    it('computes the heap from the memory of the instance', async (scope) => {
      const staging = await Staging.of(scope, 'java');
      const options = async (env: Record<string, string>) => {
        const command = ['bash', '-euc', '. "$0"; echo "$JAVA_OPTS"', join(staging.buildpack, 'lib', 'profile.sh')];
        const { code, out, err } = await ended(command, { PATH: process.env['PATH'] ?? '', TMPDIR: '/tmp', ...env });
        assert.is(code, 0, err);
        return out.trim();
      };

      assert.match(await options({ MEMORY_LIMIT: '64m' }), /-XX:\+UseSerialGC .*-Xmx32m/);
      assert.match(await options({ MEMORY_LIMIT: '1G', JAVA_OPTS: '-Da=b' }), /^-Xmx768m -Da=b/);
      for (const env of [{}, { MEMORY_LIMIT: '' }, { MEMORY_LIMIT: 'much' }])
        assert.not.match(await options(env), '-Xmx');
      assert.match(await options({ MEMORY_LIMIT: '1g', JAVA_OPTS: '-Xmx9m' }), /^-Xmx9m -Djava/);
    });

    it('knows a jar without a Main-Class from one that can be run', async (scope) => {
      const staging = await Staging.of(scope, 'java');
      const app = await makeApp(scope, { 'notes.txt': 'not a program' });
      await jar(app, 'cf', 'library.jar', 'notes.txt');

      assert.is((await staging.run('detect', [app])).code, 1);
      // Whatever can look into a zip is taken.
      const env = { PATH: await pathWithout(scope, 'unzip') };
      assert.is((await staging.run('detect', [app], { env })).code, 1);
      assert.is((await staging.run('detect', [await builtSample(scope)], { env })).code, 0);
    });

    it('says that there is no network, and what to do, without having Maven try', async (scope) => {
      const staging = await Staging.of(scope, 'java');
      const project =
        '<modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version>';
      const app = await makeApp(scope, { 'pom.xml': `<project>${project}</project>` });
      const { path, calls } = await notedPrograms(scope, 'mvn');
      const { code, out, err } = await staging.stage(app, { offline: true, env: { PATH: path } });

      assert.is(code, 1);
      assert.match(out, 'No network: libraries come from the app and from the cache');
      assert.match(err, 'build the app yourself and push the jar');
      assert.ok((await calls()).length > 0);
      for (const call of await calls()) assert.match(call, ' --offline ');
    });

    it('says what is missing', async (scope) => {
      const staging = await Staging.of(scope, 'java');
      for (const [files, program, said] of [
        [{ 'pom.xml': '' }, 'java', 'There is no program java here.'],
        [{ 'pom.xml': '' }, 'mvn', 'there is no program mvn here.'],
        [{ 'build.gradle': '' }, 'gradle', 'there is neither a program gradle nor gradlew here.'],
        [{ 'WEB-INF/web.xml': '' }, 'tomcat', 'needs a server such as Tomcat around it'],
      ] as const) {
        const env = { PATH: await pathWithout(scope, program) };
        const { code, err } = await staging.stage(await makeApp(scope, files), { env, offline: true });

        assert.is(code, 1);
        assert.match(err, said);
      }
    });
  },
  { timeoutMs: 120_000 },
);
