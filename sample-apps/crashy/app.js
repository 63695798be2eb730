// An app which fails on request, to see what a platform does then.
'use strict';

const http = require('node:http');

const port = Number(process.env.PORT || process.env.VCAP_APP_PORT || 3000);
const host = process.env.VCAP_APP_HOST || '127.0.0.1';
const instance = JSON.parse(process.env.VCAP_APPLICATION || '{}').instance_index ?? 0;

const home = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>crashy</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 32em; margin: 15vh auto; padding: 0 1em }
  dt { margin-top: 1em; font-weight: bold } dd { margin: 0 }
</style>
<h1>crashy</h1>
<p>Instance ${instance}, process ${process.pid}, up for UPTIME seconds. How shall it end?</p>
<dl>
  <dt><a href="/crash?code=3">/crash?code=3</a></dt> <dd>leaves with that exit code</dd>
  <dt><a href="/throw">/throw</a></dt> <dd>throws an exception which nobody catches</dd>
  <dt><a href="/oom">/oom</a></dt> <dd>eats memory until it is stopped</dd>
</dl>`;

function sendHome(response) {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(home.replace('UPTIME', Math.round(process.uptime())));
}

// Answers first and leaves when the answer is out, so that the visitor learns what happens next.
function crash(response, query) {
  const code = Number(query.get('code') ?? 1);
  if (!Number.isInteger(code) || code < 0 || code > 255) {
    return sendText(response, 400, 'An exit code is a whole number from 0 to 255, as in /crash?code=3.');
  }
  sendText(response, 200, `Instance ${instance} leaves with exit code ${code}.`);
  response.on('close', () => {
    console.error(`Leaving with exit code ${code}, as asked.`);
    process.exit(code);
  });
}

// No answer: the connection breaks, and the stack is in the log.
function throwError() {
  throw new Error('Nobody catches this, so the process ends.');
}

// 20 megabytes every 50 ms, filled, because memory which is only asked for costs nothing yet. At 1 GB it
// stops: a machine without a memory limit must survive this app too.
function eatMemory(response) {
  sendText(response, 200, `Instance ${instance} eats memory now. Ask for / in a few seconds.`);
  const eaten = [];
  const meal = setInterval(() => {
    eaten.push(Buffer.alloc(20 * 1024 * 1024, 1));
    console.log(`Ate ${eaten.length * 20} MB.`);
    if (eaten.length === 50) clearInterval(meal);
  }, 50);
}

function sendText(response, status, text) {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

const routes = new Map([
  ['/', sendHome],
  ['/crash', crash],
  ['/throw', throwError],
  ['/oom', eatMemory],
]);

const server = http.createServer((request, response) => {
  const [path, query] = request.url.split('?');
  const route = routes.get(path);
  if (route) route(response, new URLSearchParams(query));
  else sendText(response, 404, `There is no ${path} here. Try /.`);
});

server.listen(port, host, () => console.log(`Instance ${instance} listens on ${host}:${port}.`));

process.on('SIGTERM', () => process.exit(0));
