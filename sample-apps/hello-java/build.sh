#!/usr/bin/env bash
# Makes hello.jar. This takes a JDK; to run the jar, Java is enough.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac -d "$classes" Hello.java
jar --create --file hello.jar --main-class Hello -C "$classes" .
