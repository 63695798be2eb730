"""Serves a WSGI app with what comes with Python: python3 serve_wsgi.py MODULE:NAME

For apps that bring no server of their own. It is a small one: with gunicorn among the app's requirements, that is used.
"""

import os
import signal
import sys
from importlib import import_module
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class Server(ThreadingMixIn, WSGIServer):
    """A thread per connection; daemon threads do not hold up the end."""

    daemon_threads = True
    request_queue_size = 128

    def server_bind(self):
        """As WSGIServer does, without asking the network what this machine is called."""
        from http.server import HTTPServer
        from socketserver import TCPServer

        TCPServer.server_bind(self)
        HTTPServer.server_name, HTTPServer.server_port = self.server_address[0], self.server_address[1]
        self.setup_environ()


class Handler(WSGIRequestHandler):
    """Says who asked without looking up the name of the visitor's machine."""

    def address_string(self):
        return self.client_address[0]


def main():
    module, _, name = sys.argv[1].partition(":")
    sys.path.insert(0, os.getcwd())
    app = getattr(import_module(module), name)
    host = os.environ.get("VCAP_APP_HOST") or "0.0.0.0"
    port = int(os.environ.get("PORT") or 8000)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with make_server(host, port, app, server_class=Server, handler_class=Handler) as server:
        print(f"Serving {sys.argv[1]} on {host}:{port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
