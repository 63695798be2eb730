// Turns what a site says about itself (Staticfile, Staticfile.auth or static.json) into the one file that the server reads.
//
//     node read-settings.cjs SITE SETTINGS_FILE
'use strict';

const { existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const { join, resolve, sep } = require('node:path');
const { parsePasswords } = require('./passwords.cjs');

const defaults = {
  root: '.',
  directory: false, // list folders that have no index.html
  pushstate: false, // answer unknown addresses with index.html: the program in the page reads the address
  cleanUrls: false, // /about is about.html
  dotFiles: false,
  forceHttps: false,
  hsts: undefined, // the value of Strict-Transport-Security
  statusPages: {}, // { "404": "/404.html" }
  headers: [], // [{ path: "/assets/**", values: { "cache-control": "…" } }]
  redirects: [], // [{ path: "/old", to: "/new", status: 301 }]
  users: undefined, // { name: password as Staticfile.auth has it }
};

class Mistake extends Error {}

if (require.main === module) {
  try {
    const settings = readSettings(process.argv[2]);
    writeFileSync(process.argv[3], `${JSON.stringify(settings, undefined, 2)}\n`);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    console.error(` !     ${error.message}`);
    process.exitCode = 1;
  }
}

function readSettings(site) {
  const text = (name) => (existsSync(join(site, name)) ? readFileSync(join(site, name), 'utf8') : undefined);
  const staticfile = text('Staticfile');
  const json = text('static.json');
  if (staticfile !== undefined && json !== undefined) console.log('Staticfile counts, static.json is not read');

  const said = staticfile !== undefined ? fromStaticfile(staticfile) : json !== undefined ? fromJson(json) : {};
  const settings = { ...defaults, root: usualRoot(site), ...said };
  checkRoot(site, settings.root);
  const passwords = text('Staticfile.auth');
  if (passwords !== undefined) {
    settings.users = parsePasswords(passwords, (problem) => {
      throw new Mistake(`Staticfile.auth, ${problem}`);
    });
    console.log(`Only for ${Object.keys(settings.users).length} user(s) of Staticfile.auth`);
  }
  console.log(`The site is in ${settings.root === '.' ? 'the folder of the app' : settings.root}`);
  return settings;
}

function usualRoot(site) {
  if (existsSync(join(site, 'index.html'))) return '.';
  return existsSync(join(site, 'public', 'index.html')) ? 'public' : '.';
}

function checkRoot(site, root) {
  const folder = resolve(site, root);
  if (folder !== resolve(site) && !folder.startsWith(resolve(site) + sep)) {
    throw new Mistake(`root: ${root} is outside the app. Name a folder inside it.`);
  }
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new Mistake(`root: there is no folder ${root} in the app. Correct \`root\`, or see whether .cfignore leaves it out.`);
  }
}

/** Staticfile: the settings as Cloud Foundry's static buildpack has them, each `key: value`. */
function fromStaticfile(text) {
  const settings = {};
  const values = parseStaticfile(text);
  const isOn = (key) => ['visible', 'enabled', 'true', 'on', 'yes'].includes(String(values[key]).toLowerCase());
  const known = {
    root: () => (settings.root = String(values.root || '.').replace(/^(\.\/)+(?=.)|\/+$/g, '') || '.'),
    directory: () => (settings.directory = isOn('directory')),
    pushstate: () => (settings.pushstate = isOn('pushstate')),
    host_dot_files: () => (settings.dotFiles = isOn('host_dot_files')),
    force_https: () => (settings.forceHttps = isOn('force_https')),
    status_codes: () => (settings.statusPages = statusPages(values.status_codes)),
    http_strict_transport_security: () => isOn('http_strict_transport_security') && (settings.hsts = hsts(isOn)),
    http_strict_transport_security_include_subdomains: () => {},
    http_strict_transport_security_preload: () => {},
  };
  for (const key of Object.keys(values)) {
    if (Object.hasOwn(known, key)) known[key]();
    else console.log(`${key} is not known here and has no effect`);
  }
  return settings;
}

function hsts(isOn) {
  const subdomains = isOn('http_strict_transport_security_include_subdomains') ? '; includeSubDomains' : '';
  return `max-age=31536000${subdomains}${isOn('http_strict_transport_security_preload') ? '; preload' : ''}`;
}

function statusPages(pages) {
  for (const status of Object.keys(pages ?? {})) {
    if (!/^[45]\d\d$/.test(status)) {
      throw new Mistake(`Staticfile: status_codes has ${status}. Write the number of an error and a page: \`404: /404.html\`.`);
    }
  }
  return pages ?? {};
}

/** The piece of YAML that a Staticfile needs: `key: value`, and below a key without value indented ones. */
function parseStaticfile(text) {
  const values = {};
  let parent;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#.*|---)?$/.test(line)) continue;
    const [, indented, key, rest] = /^(\s*)["']?([\w-]+)["']?\s*:(?:\s+(.*))?$/.exec(line) ?? [];
    if (key === undefined || (indented !== '' && parent === undefined)) {
      throw new Mistake(`Staticfile, line ${index + 1}: "${line.trim()}" is not understood. Write \`key: value\`.`);
    }
    const value = (rest ?? '').replace(/\s+#.*$/, '').trim().replace(/^(["'])(.*)\1$/, '$2');
    if (indented !== '') parent[key] = value;
    else if (value === '' && key === 'status_codes') values[key] = parent = {};
    else [values[key], parent] = [value, undefined];
  }
  return values;
}

/** static.json: the same things in the words of Heroku's buildpack for static sites. */
function fromJson(text) {
  let said;
  try {
    said = JSON.parse(text);
  } catch (error) {
    throw new Mistake(`static.json is not JSON: ${error.message}.`);
  }
  const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
  if (!isObject(said)) throw new Mistake('static.json has to be an object: `{ "root": "public" }`.');
  for (const key of ['routes', 'redirects', 'headers']) {
    if (!isObject(said[key] ?? {})) throw new Mistake(`static.json: ${key} has to be an object, from paths to what they get.`);
  }
  for (const key of ['redirects', 'headers']) {
    for (const [path, value] of Object.entries(said[key] ?? {})) {
      if (isObject(value) && (key === 'headers' || typeof value.url === 'string')) continue;
      const wanted = key === 'headers' ? '{ "Cache-Control": "max-age=60" }' : '{ "url": "/new" }';
      throw new Mistake(`static.json: ${key}: ${path} has to be an object such as ${wanted}.`);
    }
  }
  const routes = Object.entries(said.routes ?? {});
  const settings = {
    root: String(said.root ?? 'public_html'),
    cleanUrls: said.clean_urls === true,
    forceHttps: said.https_only === true,
    pushstate: routes.some(([path, file]) => path === '/**' && /^\/?index\.html$/.test(file)),
    statusPages: said.error_page ? { 404: `/${String(said.error_page).replace(/^\//, '')}` } : {},
    headers: Object.entries(said.headers ?? {}).map(([path, values]) => ({ path, values })),
    redirects: Object.entries(said.redirects ?? {}).map(([path, { url, status }]) => ({ path, to: url, status: status ?? 301 })),
  };
  if (routes.length > (settings.pushstate ? 1 : 0)) console.log('routes: only "/**" to index.html is known here');
  return settings;
}
