// An app which takes its time before it listens, as one that warms a cache or migrates a database does.
'use strict';

const http = require('node:http');

const port = Number(process.env.PORT || process.env.VCAP_APP_PORT || 3000);
const host = process.env.VCAP_APP_HOST || '127.0.0.1';
const instance = JSON.parse(process.env.VCAP_APPLICATION || '{}').instance_index ?? 0;
const startupSeconds = Number(process.env.STARTUP_SECONDS || 5);

// A mistake in the settings ends the app at once, in words: better than an app which never comes up.
if (!(startupSeconds >= 0 && startupSeconds <= 3600)) {
  console.error(`STARTUP_SECONDS is "${process.env.STARTUP_SECONDS}". Make it a number from 0 to 3600.`);
  process.exit(1);
}

const server = http.createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`Instance ${instance} is here at last, after ${startupSeconds} s.\n`);
});

// The port stays closed while this waits. That is how the platform knows that the app is not ready, and
// why it sends no request here yet.
function listenIn(seconds) {
  if (seconds <= 0) {
    return server.listen(port, host, () => console.log(`Instance ${instance} listens on ${host}:${port}.`));
  }
  console.log(`Starting: ${seconds} s to go.`);
  const step = Math.min(seconds, 1);
  setTimeout(listenIn, step * 1000, seconds - step);
}

// SIGTERM may come during the start as well, when there is nothing to finish.
process.on('SIGTERM', () => process.exit(0));

listenIn(startupSeconds);
