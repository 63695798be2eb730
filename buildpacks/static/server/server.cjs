// A web server for a folder of files, with nothing but Node.
//
//     PORT=8080 node server.cjs SETTINGS_FILE SITE
'use strict';

const { createReadStream, readFileSync, realpathSync } = require('node:fs');
const { readdir, realpath, stat } = require('node:fs/promises');
const { createServer, STATUS_CODES } = require('node:http');
const { join, resolve, sep } = require('node:path');
const { pipeline } = require('node:stream');
const { isAllowed } = require('./passwords.cjs');
const { isKnown, rangeOf } = require('./conditions.cjs');
const { typeOf } = require('./content-types.cjs');
const { isHidden, matches, pathOf, queryOf } = require('./paths.cjs');

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const root = realpathSync(resolve(process.argv[3], settings.root));

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(`${request.method} ${request.url}: ${error.stack}`);
    if (response.headersSent) response.destroy();
    else refuse(request, response, 500).catch(() => response.destroy());
  });
});

server.listen(Number(process.env.PORT || 8080), process.env.VCAP_APP_HOST || '0.0.0.0', () => {
  const { address, port } = server.address();
  console.log(`Serving ${settings.root} on ${address}:${port}`);
});

// Answers under way are finished; connections which browsers merely keep are not waited for.
process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 2_000).unref();
});

async function answer(request, response) {
  if (settings.hsts) response.setHeader('strict-transport-security', settings.hsts);
  response.setHeader('x-content-type-options', 'nosniff');
  if (settings.forceHttps && protocolOf(request) !== 'https') {
    return redirect(response, `https://${request.headers.host}${request.url}`, 301);
  }
  if (settings.users !== undefined && !isAllowed(settings.users, request.headers.authorization)) {
    response.setHeader('www-authenticate', 'Basic realm="Restricted", charset="UTF-8"');
    return refuse(request, response, 401);
  }
  if (!['GET', 'HEAD'].includes(request.method)) {
    response.setHeader('allow', 'GET, HEAD');
    return refuse(request, response, 405);
  }
  const path = pathOf(request.url);
  if (path === undefined) return refuse(request, response, 400);
  const moved = settings.redirects.find((one) => matches(one.path, path));
  if (moved) return redirect(response, moved.to, moved.status);
  for (const { path: pattern, values } of settings.headers) {
    if (matches(pattern, path)) for (const [name, value] of Object.entries(values)) response.setHeader(name, value);
  }
  return answerPath(request, response, path);
}

async function answerPath(request, response, path) {
  if (isHidden(settings, path)) return refuse(request, response, 404);
  const found = await look(path);
  if (found?.stats.isFile() && !path.endsWith('/')) return sendFile(request, response, found);
  if (found?.stats.isDirectory()) {
    // Without the slash a page's relative links would lead beside the folder.
    if (!path.endsWith('/')) return redirect(response, `${encodeURI(path)}/${queryOf(request.url)}`, 301);
    const index = await look(`${path}index.html`);
    if (index?.stats.isFile()) return sendFile(request, response, index);
    if (settings.directory) return sendListing(request, response, path, found.file);
  }
  const page = settings.cleanUrls ? await look(`${path.replace(/\/$/, '')}.html`) : undefined;
  if (page?.stats.isFile()) return sendFile(request, response, page);
  const start = settings.pushstate ? await look('/index.html') : undefined;
  if (start?.stats.isFile()) return sendFile(request, response, start);
  return refuse(request, response, found?.stats.isDirectory() ? 403 : 404);
}

function protocolOf(request) {
  return (request.headers['x-forwarded-proto'] ?? 'http').split(',')[0].trim().toLowerCase();
}

/** What is at a path, when it is inside the site also after all symbolic links are followed. */
async function look(path) {
  try {
    const file = await realpath(join(root, path));
    if (file !== root && !file.startsWith(root + sep)) return undefined;
    return { file, stats: await stat(file) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES'].includes(error.code)) return undefined;
    throw error;
  }
}

async function sendFile(request, response, { file, stats }, status = 200) {
  const { body, encoding } = await packed(request, response, { file, stats });
  const etag = `"${body.stats.size.toString(16)}-${Math.trunc(body.stats.mtimeMs).toString(16)}${encoding ?? ''}"`;
  response.setHeader('content-type', typeOf(file));
  response.setHeader('etag', etag);
  response.setHeader('last-modified', stats.mtime.toUTCString());
  if (encoding) response.setHeader('content-encoding', encoding);
  if (status === 200 && isKnown(request.headers, etag, stats.mtime)) return response.writeHead(304).end();

  response.setHeader('accept-ranges', 'bytes');
  const { size } = body.stats;
  const range = status === 200 ? rangeOf(request.headers, etag, stats.mtime, size) : undefined;
  if (range === 'outside') {
    response.setHeader('content-range', `bytes */${size}`);
    return refuse(request, response, 416);
  }
  const { first = 0, last = size - 1 } = range ?? {};
  if (range) response.setHeader('content-range', `bytes ${first}-${last}/${size}`);
  response.writeHead(range ? 206 : status, { 'content-length': last - first + 1 });
  if (request.method === 'HEAD' || size === 0) return response.end();
  pipeline(createReadStream(body.file, { start: first, end: last }), response, () => {
    // A visitor who leaves in the middle is nothing to report; a file that ends early closes the connection.
  });
}

/** The file itself, or the `.br` or `.gz` beside it which was made for browsers that can unpack it. */
async function packed(request, response, found) {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  for (const [encoding, ending] of [['br', '.br'], ['gzip', '.gz']]) {
    const body = await look(`${found.file.slice(root.length)}${ending}`);
    if (!body?.stats.isFile()) continue;
    response.setHeader('vary', 'accept-encoding');
    if (new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))`).test(accepted)) return { body, encoding };
  }
  return { body: found };
}

async function sendListing(request, response, path, directory) {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .map((entry) => entry.name + (entry.isDirectory() ? '/' : ''))
    .filter((name) => !isHidden(settings, path + name))
    .sort();
  if (path !== '/') names.unshift('../');
  const links = names.map((name) => `<li><a href="${encodeURIComponent(name).replace('%2F', '/')}">${escaped(name)}</a>`);
  const title = escaped(`Index of ${path}`);
  send(request, response, 200, `<!doctype html>\n<title>${title}</title>\n<h1>${title}</h1>\n<ul>\n${links.join('\n')}\n</ul>\n`);
}

/** An answer that is not what was asked for: the site's own page for that, or one line. */
async function refuse(request, response, status) {
  for (const name of ['content-encoding', 'etag', 'last-modified']) response.removeHeader(name);
  const path = settings.statusPages[status];
  const page = path === undefined ? undefined : await look(join('/', path));
  if (page?.stats.isFile()) return sendFile(request, response, page, status);
  send(request, response, status, `<!doctype html>\n<title>${status}</title>\n<p>${status} ${STATUS_CODES[status]}\n`);
}

function redirect(response, location, status) {
  response.writeHead(status, { location, 'content-length': 0 }).end();
}

function send(request, response, status, html) {
  const body = Buffer.from(html);
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
