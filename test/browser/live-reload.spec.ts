import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { recentLogs } from '#contract/logs.ts';
import { openRouter, publishState, register, serveApp, type TestRouter } from '../components/router/support.ts';
import { startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { startWatch } from '../support/watch.ts';
import { openPage, type Page } from './browser.ts';

const app = 'guid-hello';
const watched = { live_reload: true, version: 'v-1' };
/** What the overlay says. */
const overlay = "document.querySelector('localpaas-trouble')?.shadowRoot.textContent";
const isShown = `${overlay} !== undefined`;
const isGone = `${overlay} === undefined`;
const body = 'document.body.textContent.trim()';

interface Site {
  readonly router: TestRouter;
  readonly page: Page;
  /** What the app answers with. */
  text: string;
  headers: Record<string, string>;
  /** How many pages it was asked for. */
  visits: number;
}

/** A browser that looks at an app through a router. */
async function openSite(scope: Scope): Promise<Site> {
  const router = await openRouter(scope);
  const page = await openPage(scope);
  const site: Site = { router, page, text: 'one', headers: {}, visits: 0 };
  const port = await serveApp(scope, (request, response) => {
    if (request.url !== '/') return void response.writeHead(204).end(); // the browser asks for an icon
    site.visits += 1;
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...site.headers });
    response.end(
      `<!doctype html><title>app</title><body style="background: #eef; font: 40px serif">${site.text}</body>`,
    );
  });
  await register(router.bus, port, ['hello.localhost'], { app });
  await publishState(router.bus, 'RUNNING', watched);
  return site;
}

const urlOf = ({ router }: Site) => `http://hello.localhost:${router.port}/`;

describe('a page in a browser', (it) => {
  it(
    'reloads itself when another version serves, and only then',
    async (scope) => {
      const site = await openSite(scope);
      const { page, router } = site;
      await page.goTo(urlOf(site));
      await page.until(`${body} === 'one'`);

      await publishState(router.bus, 'STARTING', { live_reload: true });
      await publishState(router.bus, 'RUNNING', watched);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.is(site.visits, 1);
      for (const version of ['v-2', 'v-3']) {
        site.text = `served by ${version}`;
        await publishState(router.bus, 'RUNNING', { ...watched, version });
        await page.until(`${body} === 'served by ${version}'`);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));

      assert.equal([site.visits, page.said], [3, []]);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'shows why a version does not run, until it is closed or a good version serves',
    async (scope) => {
      const site = await openSite(scope);
      const { page, router } = site;
      const line = { timestamp: '1', stream: 'ERR' as const, instance_id: '0', source_type: 'APP/PROC/WEB' };
      const lines = [
        '/app/server.js:3',
        'const answer = ;',
        '               ^',
        "SyntaxError: Unexpected token ';'",
        '<b>',
      ];
      scope.use(router.bus.answer(recentLogs, () => ({ lines: lines.map((text) => ({ ...line, text })) })));
      // The strictest policy there is: not even styles in the page.
      site.headers = { 'content-security-policy': "default-src 'none'; require-trusted-types-for 'script'" };
      await page.goTo(urlOf(site));
      const trouble = { version: 'v-2', reason: 'exited with status 1 before it listened on port 61234' };

      await publishState(router.bus, 'RUNNING', { ...watched, trouble });
      await page.until(isShown);
      const text = await page.evaluate<string>(overlay);
      for (const each of ['The new version of hello does not run', 'Exited with status 1', ...lines])
        assert.match(text, each);
      const shape = "document.querySelector('localpaas-trouble').getBoundingClientRect()";
      assert.equal(
        await page.evaluate(`[${shape}.width, ${shape}.height]`),
        await page.evaluate('[innerWidth, innerHeight]'),
      );
      const color =
        "getComputedStyle(document.querySelector('localpaas-trouble').shadowRoot.querySelector('pre')).color";
      assert.is(await page.evaluate(color), 'rgb(230, 228, 223)');
      await page.picture('trouble');

      await page.press('Escape');
      await page.until(isGone);
      await publishState(router.bus, 'RUNNING', { ...watched, trouble: { ...trouble, version: 'v-3' } });
      await page.until(isShown);
      await page.evaluate("document.querySelector('localpaas-trouble').shadowRoot.querySelector('button').click()");
      await page.until(isGone);
      await publishState(router.bus, 'RUNNING', { ...watched, trouble: { ...trouble, version: 'v-4' } });
      await page.until(isShown);
      await publishState(router.bus, 'RUNNING', watched);
      await page.until(isGone);
      site.text = 'good';
      await publishState(router.bus, 'RUNNING', { ...watched, version: 'v-5' });
      await page.until(`${body} === 'good'`);

      // Its own inline style was forbidden before, and still is.
      const complaints = page.said.filter((each) => !each.includes('inline style'));
      assert.equal([site.visits, complaints], [2, []]);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'runs the script under each kind of policy',
    async (scope) => {
      const site = await openSite(scope);
      const { page, router } = site;
      const policies = [
        "script-src 'self' https://cdn.example",
        "script-src 'nonce-abc' 'strict-dynamic'",
        "default-src 'self'; script-src-elem 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='; connect-src https://api.example",
        "default-src 'self', script-src 'unsafe-inline'",
      ];
      let count = 1;
      for (const policy of policies) {
        site.headers = { 'content-security-policy': policy };
        site.text = 'before';
        await page.goTo(urlOf(site));
        await page.until('window.localpaasLiveReload === true');
        site.text = policy.replaceAll(/\W+/g, ' ').trim();
        count += 1;
        await publishState(router.bus, 'RUNNING', { ...watched, version: `v-${count}` });
        await page.until(`${body} === '${site.text}'`);
      }
    },
    { timeoutMs: 120_000 },
  );

  it(
    'comes back after the app, the router and the whole platform, with what it missed',
    async (scope) => {
      const folder = join(await scratchDirectory(scope), 'hello');
      await mkdir(folder);
      const write = (text: string) =>
        writeFile(
          join(folder, 'server.js'),
          `require('node:http').createServer((request, response) => {
            response.writeHead(200, { 'content-type': 'text/html', etag: '"x"' });
            response.end('<title>app</title><body>' + ${text} + '</body>');
          }).listen(process.env.PORT);\n`,
        );
      await write("'one'");
      const home = join(await scratchDirectory(scope), 'home');
      let paas = await startLocalpaas(scope, { home });
      await paas.ok(['push', folder, '-m', '64M']);
      const { guid } = JSON.parse(await paas.ok(['app', 'hello', '--json'])) as { guid: string };
      const annotations = { 'localpaas/live-reload': 'true' };
      await paas.ok(['curl', `/v3/apps/${guid}`, '-X', 'PATCH', '-d', JSON.stringify({ metadata: { annotations } })]);
      const page = await openPage(scope);
      await page.goTo(`http://hello.localhost:${paas.port}/`);
      await page.until(`${body} === 'one'`);
      await page.until('window.localpaasLiveReload === true');

      await write("'two'");
      await paas.ok(['push', folder, '-m', '64M']);
      await page.until(`${body} === 'two'`);
      await write('no.such.thing');
      await writeFile(join(folder, 'server.js'), "console.error('no flux'); process.exit(3);\n");
      assert.is((await paas.run(['push', folder, '-m', '64M'])).code, 1);
      await page.until(`${isShown} && ${overlay}.includes('no flux')`);
      await page.picture('crash-over-app');
      assert.match((await paas.get('hello')).body, 'two');
      assert.is((await paas.run(['push', folder, '-m', '64M', '--strategy', 'in-place'])).code, 1);
      await page.goTo(`http://hello.localhost:${paas.port}/`);
      await page.until("document.title === 'hello crashed'");
      await page.picture('crash-page');
      await write("'three'");
      await paas.ok(['push', folder, '-m', '64M']);
      await page.until(`${body} === 'three'`);

      const { port } = paas;
      await paas.ok(['down']);
      paas = await startLocalpaas(scope, { home, args: ['--port', String(port)] });
      await page.evaluate('window.isTheSame = true');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      assert.is(await page.evaluate('window.isTheSame'), true);
      await write("'four'");
      await paas.ok(['push', folder, '-m', '64M']);
      await page.until(`${body} === 'four'`, 40_000);
    },
    { timeoutMs: 180_000 },
  );

  it(
    'follows a watch with --reload, whichever of several router workers it talks to',
    async (scope) => {
      const folder = join(await scratchDirectory(scope), 'hello');
      await mkdir(folder);
      const save = (text: string) =>
        writeFile(
          join(folder, 'server.js'),
          `require('node:http').createServer((request, response) => {
            response.writeHead(200, { 'content-type': 'text/html' });
            response.end('<title>app</title><body>${text}</body>');
          }).listen(process.env.PORT);\n`,
        );
      await save('one');
      const paas = await startLocalpaas(scope, { args: ['--router-workers', '2'] });
      const watch = await startWatch(scope, paas, folder, { args: ['--reload'] });
      await watch.next('watching');
      const pages = await Promise.all([1, 2, 3].map(() => openPage(scope)));
      for (const page of pages) {
        await page.goTo(`http://hello.localhost:${paas.port}/`);
        await page.until(`${body} === 'one' && window.localpaasLiveReload === true`);
      }

      await save('two');
      for (const page of pages) await page.until(`${body} === 'two'`);
      await save("' no program");
      for (const page of pages) await page.until(`${isShown} && ${overlay}.includes('SyntaxError')`);
      await save('three');
      for (const page of pages) await page.until(`${body} === 'three' && ${isGone}`);

      assert.equal(
        pages.flatMap(({ said }) => said),
        [],
      );
    },
    { timeoutMs: 180_000 },
  );
});
