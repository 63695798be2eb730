import { STATUS_CODES } from 'node:http';
import type { AppState } from '#contract/apps.ts';
import type { Absence } from './find-endpoint.ts';
import { html, type Markup, pageMarkup } from './page-markup.ts';

/** What the router itself answers when no instance does, for eyes and for programs. */
export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly markup: string;
}

export interface PageFacts {
  /** The Host header. */
  readonly host: string;
  readonly requestId: string;
  /** All apps, by name. */
  readonly apps: readonly AppState[];
  /** The last lines of the app's log, oldest first. */
  readonly lines: readonly string[];
}

const listedApps = 50;

/** Why there is no answer, and what to do about it. */
export function pageFor(absence: Absence, facts: PageFacts): Page {
  switch (absence.why) {
    case 'unknown':
      return unknownPage(facts);
    case 'stopped':
      return stoppedPage(absence.app, facts);
    case 'starting':
      return startingPage(absence.app, facts);
    case 'crashed':
      return crashedPage(absence.app, facts);
    case 'unreachable':
      return failedPage(absence.app, facts, 'refuses connections');
    case 'broken':
      return failedPage(absence.app, facts, `gave no answer to this request: ${absence.detail}`);
  }
}

/** Sends clients on that no app is there for. */
export function redirectPage(location: string, facts: PageFacts): Page {
  return page(302, facts, {
    routerError: 'unknown_route',
    headers: { Location: location },
    text: `Requested route ('${facts.host}') does not exist; see ${location}.`,
    title: 'Nothing lives here',
    body: html`<p class="lead">No app answers at <b>${facts.host}</b>. See <a href="${location}">${location}</a>.</p>`,
  });
}

function unknownPage(facts: PageFacts): Page {
  const { host, apps } = facts;
  return page(404, facts, {
    routerError: 'unknown_route',
    text: `Requested route ('${host}') does not exist.`,
    title: 'Nothing lives here yet',
    body: html`
      <p class="lead">No app has the address <b>${host}</b>.</p>
      ${apps.length === 0 ? html`<p>No app was pushed so far.</p>` : appList(apps, portOf(host))}
      <p>To put one here, go to its folder and push it:</p>
      ${commands('cd my-app', `localpaas push${nameOption(host)}`)}`,
  });
}

function stoppedPage({ name }: AppState, facts: PageFacts): Page {
  return page(404, facts, {
    routerError: 'unknown_route',
    text: `${name} is stopped. Start it with \`localpaas start ${name}\`.`,
    title: `${name} is stopped`,
    body: html`
      <p class="lead">The app was pushed, and then somebody stopped it.</p>
      <p>To have it running again:</p>
      ${commands(`localpaas start ${name}`)}`,
  });
}

function startingPage({ name, state }: AppState, facts: PageFacts): Page {
  const doing = state === 'STAGING' ? 'being staged' : 'starting';
  return page(503, facts, {
    routerError: 'no_endpoints',
    headers: { 'Retry-After': '2' },
    refreshSeconds: 2,
    text: `${name} is starting. Ask again in a moment; \`localpaas logs ${name}\` shows how it gets on.`,
    title: `${name} is starting`,
    body: html`
      <p class="lead">The app is ${doing} and takes its time. This page tries again by itself.</p>
      <p>To see how it gets on:</p>
      ${commands(`localpaas logs ${name}`)}`,
  });
}

function crashedPage({ name, reason }: AppState, facts: PageFacts): Page {
  const why = (reason ?? 'it ended').replace(/\.+$/, '');
  return page(502, facts, {
    routerError: 'endpoint_failure',
    text: `${name} crashed: ${why}.${logText(facts.lines)}\nThe whole log: localpaas logs ${name} --recent`,
    title: `${name} crashed`,
    body: html`
      <p class="lead">No instance of it runs any more: <b>${why}</b>.</p>
      ${logMarkup(facts.lines)}
      <p>The whole log, and the way back once the app is mended:</p>
      ${commands(`localpaas logs ${name} --recent`, 'localpaas push')}`,
  });
}

function failedPage(app: AppState | undefined, facts: PageFacts, what: string): Page {
  const name = app?.name ?? facts.host;
  return page(502, facts, {
    routerError: 'endpoint_failure',
    text: `${name} ${what}.${app === undefined ? '' : ` See \`localpaas logs ${name}\`.`}`,
    title: `${name} does not answer`,
    body: html`
      <p class="lead">It is known where the app runs, but it ${what}.</p>
      ${logMarkup(facts.lines)}
      ${app === undefined ? '' : html`<p>Its log may say why:</p>${commands(`localpaas logs ${name} --recent`)}`}`,
  });
}

interface Content {
  readonly routerError: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly refreshSeconds?: number;
  readonly text: string;
  readonly title: string;
  readonly body: Markup;
}

function page(status: number, { requestId }: PageFacts, content: Content): Page {
  const name = STATUS_CODES[status] ?? '';
  const { title, body, refreshSeconds } = content;
  return {
    status,
    headers: { 'X-Cf-RouterError': content.routerError, 'Cache-Control': 'no-cache, no-store', ...content.headers },
    text: `${status} ${name}: ${content.text}\n`,
    markup: pageMarkup({ title, body, refreshSeconds, footer: `${status} ${name}, request ${requestId}` }),
  };
}

function appList(apps: readonly AppState[], port: string): Markup {
  const item = ({ name, uris, state }: AppState) => {
    const uri = uris.find((each) => !each.startsWith('*'));
    const link = uri === undefined ? html`${name}` : html`<a href="${addressOf(uri, port)}">${name}</a>`;
    return html`<li><span class="dot ${state.toLowerCase()}"></span>${link} <small>${state.toLowerCase()}</small></li>`;
  };
  const more = apps.length - listedApps;
  return html`
      <p>These are here:</p>
      <ul>${apps.slice(0, listedApps).map(item)}</ul>
      ${more > 0 ? html`<p>and ${String(more)} more; <code>localpaas apps</code> lists them all.</p>` : ''}`;
}

function commands(...lines: string[]): Markup {
  return html`<pre class="commands">${lines.map((line) => html`<span>${line}</span>\n`)}</pre>`;
}

function logMarkup(lines: readonly string[]): Markup | '' {
  return lines.length === 0 ? '' : html`<p>Its last words:</p>\n<pre class="log">${lines.join('\n')}</pre>`;
}

function logText(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n\n${lines.map((line) => `    ${line}`).join('\n')}\n`;
}

function addressOf(uri: string, port: string): string {
  const [host = '', ...path] = uri.split('/');
  return `http://${host}${port}/${path.join('/')}`;
}

/** `:8080` of `hello.localhost:8080`; the links lead through the port by which this client came. */
function portOf(host: string): string {
  return /:\d+$/.exec(host)?.[0] ?? '';
}

/** An app of this name gets this host, unless the folder gave it that name anyway. */
function nameOption(host: string): string {
  const label = host.split('.')[0]?.toLowerCase() ?? '';
  return host.includes('.') && /^[a-z][a-z0-9-]*$/.test(label) ? ` --name ${label}` : '';
}
