"""A web app with a dependency, which lies in .python_packages: the platform puts that folder on Python's path."""

import json
import os
import platform

from small_routes import App

INSTANCE = json.loads(os.environ.get("VCAP_APPLICATION") or "{}").get("instance_index", 0)

app = App()


@app.route("/")
def home():
    return f"Hello from Python {platform.python_version()}, instance {INSTANCE}.\n"


@app.route("/hello/<name>")
def hello(name):
    return {"hello": name, "instance": INSTANCE}
