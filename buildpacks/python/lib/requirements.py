"""Prints what an app requires, one requirement a line as in requirements.txt: python3 requirements.py APP

The first of requirements.txt, Pipfile.lock, Pipfile and pyproject.toml that is there is read.
"""

import json
import os
import sys


def main(app):
    for name, read in READERS:
        path = os.path.join(app, name)
        if os.path.isfile(path):
            try:
                for line in read(path):
                    print(line)
            except ValueError as problem:
                fail(f"{name} cannot be read: {problem}.", "Correct it, or push a requirements.txt.")
            return


def from_requirements(path):
    # A line of its own, because other files are named relative to this one.
    yield "-r " + os.path.abspath(path) if any_requirement(path) else "# nothing"


def any_requirement(path):
    with open(path, encoding="utf-8") as file:
        return any(line.strip() and not line.strip().startswith("#") for line in file)


def from_pipfile_lock(path):
    with open(path, encoding="utf-8") as file:
        locked = json.load(file).get("default", {})
    return [requirement(name, said) for name, said in locked.items()]


def from_pipfile(path):
    return [requirement(name, said) for name, said in load_toml(path).get("packages", {}).items()]


def from_pyproject(path):
    said = load_toml(path)
    poetry = said.get("tool", {}).get("poetry", {}).get("dependencies")
    if "dependencies" not in said.get("project", {}) and poetry:
        raise ValueError("it lists its dependencies in Poetry's own form; `poetry export` writes a requirements.txt")
    return said.get("project", {}).get("dependencies", [])


def requirement(name, said):
    """Pipfile has a version, or a table with version, extras and markers."""
    said = said if isinstance(said, dict) else {"version": said}
    if "git" in said or "path" in said or "file" in said:
        raise ValueError(f"{name} does not come from a package index")
    extras = f"[{','.join(said['extras'])}]" if said.get("extras") else ""
    version = said.get("version", "*")
    markers = f" ; {said['markers']}" if said.get("markers") else ""
    return f"{name}{extras}{'' if version == '*' else version}{markers}"


def load_toml(path):
    try:
        import tomllib
    except ImportError:
        raise ValueError("Python reads such files since 3.11") from None
    with open(path, "rb") as file:
        return tomllib.load(file)


def fail(*lines):
    for line in lines:
        print(f" !     {line}", file=sys.stderr)
    sys.exit(1)


READERS = [
    ("requirements.txt", from_requirements),
    ("Pipfile.lock", from_pipfile_lock),
    ("Pipfile", from_pipfile),
    ("pyproject.toml", from_pyproject),
]

if __name__ == "__main__":
    main(sys.argv[1])
