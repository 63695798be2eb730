/**
 * `gunicorn`: the real one where Python has it, otherwise a small threaded server that reads the same configuration.
 * pip replaces this file when it installs the real one.
 */
export const gunicornStandIn = `#!/usr/bin/env python3
"""Serves a WSGI app like gunicorn: gunicorn -c CONFIG MODULE:NAME. With the real gunicorn, where it is installed."""

import importlib
import os
import signal
import socket
import socketserver
import sys


def arguments(words):
    config, target = None, None
    while words:
        word = words.pop(0)
        if word == "-c":
            config = words.pop(0)
        else:
            target = word
    return config, target


def bind_of(config):
    settings = {}
    with open(config) as file:
        exec(compile(file.read(), config, "exec"), settings)
    host, _, port = settings["bind"].rpartition(":")
    host = host.strip("[]")
    # On a laptop an app listens where its host is said to be, not on every network.
    if host in ("", "0.0.0.0"):
        host = os.environ.get("VCAP_APP_HOST") or host
    return host, int(port)


def load(target):
    module, _, name = target.partition(":")
    sys.path.insert(0, os.getcwd())
    found = importlib.import_module(module)
    is_factory = name.endswith("()")
    for step in name[:-2].split(".") if is_factory else name.split("."):
        found = getattr(found, step)
    return found() if is_factory else found


def serve(config, target):
    from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

    class Server(socketserver.ThreadingMixIn, WSGIServer):
        daemon_threads = True
        request_queue_size = 128

        def server_bind(self):
            # Not the one of HTTPServer, which asks for the host's name: without a network that takes seconds.
            socketserver.TCPServer.server_bind(self)
            self.server_name, self.server_port = self.server_address[:2]
            self.setup_environ()

    class Handler(WSGIRequestHandler):
        def log_message(self, *_):
            pass

    host, port = bind_of(config)
    if ":" in host:
        Server.address_family = socket.AF_INET6
    app = load(target)

    def threaded(environ, start_response):
        environ["wsgi.multithread"] = True
        return app(environ, start_response)

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with Server((host, port), Handler) as server:
        server.set_app(threaded)
        print("Serving %s on %s:%d, without gunicorn, which is not installed." % (target, host, port), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        from gunicorn.app.wsgiapp import run
    except ImportError:
        serve(*arguments(sys.argv[1:]))
    else:
        sys.exit(run())
`;

/** `gunicorn_django`, which gunicorn had until version 19: finds the settings and lets gunicorn serve Django's own app. */
export const djangoStandIn = `#!/usr/bin/env python3
"""Serves a Django project: gunicorn_django -c CONFIG, run in the directory of manage.py."""

import os
import re
import sys


def settings_module():
    with open("manage.py") as file:
        named = re.search(r"""DJANGO_SETTINGS_MODULE['"]\\s*,\\s*['"]([\\w.]+)""", file.read())
    if named:
        return named.group(1)
    if os.path.exists("settings.py"):
        return "settings"
    for name in sorted(os.listdir(".")):
        if os.path.exists(os.path.join(name, "settings.py")):
            return name + ".settings"
    sys.exit("No settings.py was found: set DJANGO_SETTINGS_MODULE.")


os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
try:
    import django
except ImportError:
    sys.exit("Django is not installed for this Python: name it in requirements.txt. See logs/startup.log.")
gunicorn = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gunicorn")
os.execv(gunicorn, [gunicorn] + sys.argv[1:] + ["django.core.wsgi:get_wsgi_application()"])
`;
