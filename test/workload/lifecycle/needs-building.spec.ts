import * as assert from 'uvu/assert';
import { AppFiles, whyToBuild } from '#workload/lifecycle/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { type AppSource, writeApp } from './apps.ts';

const json = JSON.stringify;

const built: readonly [AppSource, string][] = [
  [{ Procfile: 'web: ./run\n' }, 'says how it runs in its Procfile'],
  [{ Staticfile: '' }, 'says how it runs in its Staticfile'],
  [
    { 'app.js': '', 'package.json': json({ dependencies: { express: '4' } }) },
    'has dependencies in package.json, and no node_modules',
  ],
  [{ 'wsgi.py': '', 'requirements.txt': '# web\nflask\n' }, 'asks for packages in its requirements.txt'],
  [{ 'main.py': '', 'pyproject.toml': '[project]\n' }, 'asks for packages in its pyproject.toml'],
  [{ 'app.rb': '', Gemfile: 'gem "sinatra"\n' }, 'asks for gems in its Gemfile'],
  [
    { 'index.php': '', 'composer.json': json({ require: { php: '>=8', 'monolog/monolog': '3' } }) },
    'has requirements in composer.json, and no vendor/autoload.php',
  ],
  [{ 'main.go': '', 'go.mod': 'module x\n' }, 'is to be built by its go.mod'],
  [{ 'pom.xml': '<project/>' }, 'is to be built by its pom.xml'],
];

const asTheyAre: readonly AppSource[] = [
  { 'app.js': '', 'package.json': json({ scripts: { start: 'node app.js' }, devDependencies: { x: '1' } }) },
  { 'app.js': '', 'package.json': json({ dependencies: { ws: '8' } }), 'node_modules/ws/index.js': '' },
  { 'app.js': '', 'package.json': 'no JSON' },
  { 'wsgi.py': '', 'requirements.txt': '# nothing\n\n' },
  { 'app.rb': '', Gemfile: 'gem "sinatra"\n', 'vendor/bundle/x': '' },
  { 'index.php': '', 'composer.json': json({ require: { php: '>=8', 'ext-json': '*' } }) },
  { 'index.php': '', 'composer.json': json({ require: { a: '1' } }), 'vendor/autoload.php': '' },
  { 'index.html': '' },
];

describe('whether an app has to be built', (it) => {
  for (const [source, why] of built) {
    it(`holds for one that ${why}`, async (scope) => {
      const directory = await scratchDirectory(scope);
      await writeApp(directory, source);

      assert.is(whyToBuild(new AppFiles(directory)), why);
    });
  }

  it('does not hold for apps whose files are all there', async (scope) => {
    for (const source of asTheyAre) {
      const directory = await scratchDirectory(scope);
      await writeApp(directory, source);

      assert.is(whyToBuild(new AppFiles(directory)), undefined, JSON.stringify(source));
    }
  });
});
