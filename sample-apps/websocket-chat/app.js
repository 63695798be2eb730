// A chat room: whoever opens the page can write, and everybody who has it open reads at once.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { WebSocket, WebSocketServer } = require('ws');

const port = Number(process.env.PORT || process.env.VCAP_APP_PORT || 3000);
const host = process.env.VCAP_APP_HOST || '127.0.0.1';
const instance = JSON.parse(process.env.VCAP_APPLICATION || '{}').instance_index ?? 0;

// The page: three files, read once. Naming them one by one means that no other file can be asked for.
const files = {
  '/': page('index.html', 'text/html'),
  '/chat.css': page('chat.css', 'text/css'),
  '/chat.js': page('chat.js', 'text/javascript'),
};

function page(name, type) {
  return { type: `${type}; charset=utf-8`, content: fs.readFileSync(path.join(__dirname, 'public', name)) };
}

const server = http.createServer((request, response) => {
  const [asked] = request.url.split('?');
  const file = Object.hasOwn(files, asked) ? files[asked] : undefined;
  response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' });
  response.end(file?.content ?? 'There is only / here.\n');
});

// A websocket begins as an HTTP request to /chat, which is then upgraded, on the same port. Nobody has
// to say four kilobytes at once; more closes the connection.
const room = new WebSocketServer({ server, path: '/chat', maxPayload: 4096 });

// The latest messages, for those who come later. They live in this process only: another instance has a
// room of its own, and a restart forgets them.
const history = [];
const historyLength = 50;

room.on('connection', (visitor) => {
  tell(visitor, { type: 'welcome', instance, history });
  tellEverybody({ type: 'people', count: room.clients.size });

  visitor.on('message', (data) => {
    const message = read(data);
    if (!message) return tell(visitor, { type: 'problem', text: 'Send {"name": …, "text": …}, both not empty.' });
    history.push(message);
    if (history.length > historyLength) history.shift();
    tellEverybody(message);
  });

  visitor.on('close', () => tellEverybody({ type: 'people', count: room.clients.size }));
  visitor.on('error', (error) => console.error(`A visitor's connection broke: ${error.message}`));
  visitor.isThere = true;
  visitor.on('pong', () => {
    visitor.isThere = true;
  });
});

// Anybody can send anything, so a message is made anew from the two parts it may have.
function read(data) {
  try {
    const { name, text } = JSON.parse(data);
    const message = { type: 'said', name: name.trim().slice(0, 24), text: text.trim().slice(0, 500), at: Date.now() };
    return message.name && message.text ? message : undefined;
  } catch {
    return undefined; // neither JSON nor with two strings: the caller says so to the sender
  }
}

function tell(visitor, message) {
  if (visitor.readyState === WebSocket.OPEN) visitor.send(JSON.stringify(message));
}

function tellEverybody(message) {
  for (const visitor of room.clients) tell(visitor, message);
}

// A laptop that is closed says no goodbye. Who did not answer the last ping is gone; and the pings keep
// proxies on the way from cutting a silent connection.
const heartbeat = setInterval(() => {
  for (const visitor of room.clients) {
    if (!visitor.isThere) visitor.terminate();
    visitor.isThere = false;
    visitor.ping();
  }
}, 30_000);

server.listen(port, host, () => console.log(`Instance ${instance} listens on ${host}:${port}.`));

// A websocket never ends by itself, so leaving means to say goodbye to each visitor: 1001 is "going away",
// and the page then looks for another instance. Whoever has not gone after two seconds is cut off.
process.on('SIGTERM', () => {
  clearInterval(heartbeat);
  server.close();
  for (const visitor of room.clients) visitor.close(1001, 'The app is stopping.');
  setTimeout(() => {
    for (const visitor of room.clients) visitor.terminate();
    server.closeAllConnections();
  }, 2_000).unref();
});
