"""The idea of Flask in forty lines: say what answers which path, and get a WSGI app."""

import json
import re


class App:
    """Called by the web server once per request."""

    def __init__(self):
        self.routes = []

    def route(self, path):
        """`/hello/<name>` matches `/hello/you`, and the function is called with name="you"."""

        def remember(function):
            pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path)
            self.routes.append((re.compile(pattern + "$"), function))
            return function

        return remember

    def __call__(self, environ, start_response):
        status, body = self.answer(environ["PATH_INFO"])
        kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
        data = (body if isinstance(body, str) else json.dumps(body) + "\n").encode()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(data)))])
        return [data]

    def answer(self, path):
        for pattern, function in self.routes:
            found = pattern.match(path)
            if found:
                return "200 OK", function(**found.groupdict())
        return "404 Not Found", f"There is no {path} here.\n"
