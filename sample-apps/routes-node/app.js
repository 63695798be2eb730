// A web app with a dependency: require finds small-router in node_modules, where npm puts what package.json names.
'use strict';

const http = require('node:http');
const smallRouter = require('small-router');

const port = Number(process.env.PORT || 3000);
const host = process.env.VCAP_APP_HOST || '127.0.0.1';
const instance = JSON.parse(process.env.VCAP_APPLICATION || '{}').instance_index ?? 0;

const app = smallRouter()
  .get('/', () => `Hello from Node, instance ${instance}.\n`)
  .get('/hello/:name', ({ name }) => ({ hello: name, instance }));

const server = http.createServer(app).listen(port, host, () => console.log(`Listening on ${host}:${port}.`));

process.on('SIGTERM', () => {
  server.close();
  setTimeout(() => server.closeAllConnections(), 2_000).unref();
});
