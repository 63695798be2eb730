// The smallest useful app: Node alone, no package to install.
'use strict';

const http = require('node:http');

// The platform chooses the port and tells the app through the environment. PORT is today's name for
// it, VCAP_APP_PORT the first one; the number is for a run by hand, without a platform.
const port = Number(process.env.PORT || process.env.VCAP_APP_PORT || 3000);
const host = process.env.VCAP_APP_HOST || '127.0.0.1';

// What the platform knows about this app, as JSON: its name, its addresses, its limits, and which of
// several equal instances this process is.
const application = JSON.parse(process.env.VCAP_APPLICATION || '{}');
const instance = application.instance_index ?? 0;

// An environment holds passwords, so never print all of it: name what may be seen.
const visible = ['GREETING', 'PORT', 'VCAP_APP_HOST', 'VCAP_APP_PORT', 'TMPDIR', 'LANG'];

const pages = {
  '/': () => `${process.env.GREETING || 'Hello'} from Node, instance ${instance}.\n`,
  '/env': () => visible.map((name) => `${name}=${process.env[name] ?? ''}\n`).join(''),
};

const server = http.createServer((request, response) => {
  const [path] = request.url.split('?');
  const page = Object.hasOwn(pages, path) ? pages[path]() : undefined;
  response.writeHead(page ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(page ?? `There is no ${path} here. Try / or /env.\n`);
});

server.listen(port, host, () => console.log(`Instance ${instance} listens on ${host}:${port}.`));

// SIGTERM asks an app to leave. close() takes no new requests and lets those under way finish; when
// nothing is left to wait for, the process ends by itself. A connection which is merely held open, as
// browsers do to have one ready, is cut after two seconds.
process.on('SIGTERM', () => {
  server.close();
  setTimeout(() => server.closeAllConnections(), 2_000).unref();
});
