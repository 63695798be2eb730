// The idea of Express in forty lines: say what answers which path, and get a function for http.createServer.
'use strict';

module.exports = () => {
  const routes = [];

  /** What node:http calls for each request. */
  const router = (request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    for (const { method, pattern, answer } of routes) {
      const found = method === request.method ? pattern.exec(path) : null;
      if (found) return reply(response, 200, answer({ ...found.groups }));
    }
    return reply(response, 404, `There is no ${path} here.\n`);
  };

  /** `/hello/:name` matches `/hello/you` and gives `{ name: 'you' }`. */
  router.get = (path, answer) => {
    routes.push({ method: 'GET', pattern: new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`), answer });
    return router;
  };
  return router;
};

function reply(response, status, body) {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(isText ? body : `${JSON.stringify(body)}\n`);
}
