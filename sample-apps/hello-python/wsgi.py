"""A web app in plain Python: one function, called once per request.

WSGI is the agreement between Python web servers and Python apps. The server imports this module and
looks for `application`; it is the server, not the app, which listens on the port and handles signals.
"""

import json
import os
import platform

# What the platform knows about this app; the index tells its equal instances apart.
INSTANCE = json.loads(os.environ.get("VCAP_APPLICATION") or "{}").get("instance_index", 0)


def application(environ, start_response):
    """Answer one request: say the status and the headers, then give the body as pieces of bytes."""
    if environ["PATH_INFO"] == "/":
        status = "200 OK"
        body = f"Hello from Python {platform.python_version()}, instance {INSTANCE}.\n"
    else:
        status = "404 Not Found"
        body = "There is only / here.\n"

    data = body.encode()
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(data)))])
    return [data]


def serve():
    """Run by hand with the server which comes with Python. The platform never gets here."""
    import signal
    import sys
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIServer, make_server

    class Server(ThreadingMixIn, WSGIServer):
        """A thread per connection, for browsers keep some open; daemon threads do not hold up the end."""

        daemon_threads = True

    host = os.environ.get("VCAP_APP_HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or os.environ.get("VCAP_APP_PORT") or 8000)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with make_server(host, port, application, server_class=Server) as server:
        print(f"Instance {INSTANCE} listens on {host}:{port}.", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve()
