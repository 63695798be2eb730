#!/bin/sh
# sh install.sh [--from DIRECTORY-or-URL] [--to DIRECTORY] [--version VERSION]
#
# Installs localpaas: the file beside this script, else one from the release page; into ~/.local/bin, or as root into
# /usr/local/bin. A localpaas that is there is replaced when the new one was checked and ran.
set -eu

releases=https://localpaas.example/releases # the release page: latest/download/FILE and download/vVERSION/FILE
oldest_glibc=28                             # of 2.28, which Node needs

fail() {
  printf 'localpaas was not installed: %s\n' "$1" >&2
  [ $# -eq 1 ] || printf '%s\n' "$2" >&2
  exit 1
}

architecture() {
  [ "$(uname -s)" = Linux ] || fail "this is $(uname -s), and there are builds for Linux only."
  machine=$(uname -m)
  [ "$(getconf LONG_BIT 2>/dev/null)" != 32 ] || machine=$machine-32 # perhaps on a 64-bit kernel
  case $machine in
    x86_64 | amd64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    armv7* | armv8* | aarch64-32) echo armv7l ;;
    armv*) fail "this is $machine, and 32-bit ARM needs ARMv7: a Raspberry Pi 2 or newer." ;;
    *) fail "there is no build for $machine; there are some for x86_64, aarch64 and armv7l." ;;
  esac
}

check_libraries() { # NAME
  ! ldd --version 2>&1 | grep -qi musl || fail 'this system has musl (Alpine?), and localpaas needs glibc.'
  glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc 2\.\([0-9]*\).*/\1/p')
  [ "${glibc:-99}" -ge "$oldest_glibc" ] ||
    fail "this system has glibc 2.$glibc, and localpaas needs 2.$oldest_glibc: Debian 10, Ubuntu 20.04 or newer."
  libraries=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null) || return 0 # running it will tell
  [ "${1##*-}" != armv7l ] || printf '%s' "$libraries" | grep -q 'libatomic\.so\.1' ||
    fail 'a library is missing.' 'Get it, and run this again: sudo apt install libatomic1'
}

fetch() { # FILE TO
  case $from in
    *://*) if command -v curl >/dev/null; then curl -fsSLo "$2" "$from/$1"; else wget -qO "$2" -T 30 -t 2 "$from/$1"; fi ;;
    *) cp -- "$from/$1" "$2" ;;
  esac && return
  free=$(df -Pk "$to" | sed -n '2s/^.* \([0-9][0-9]*\)  *[0-9]*%.*/\1/p')
  [ "${free:-9999}" -gt 999 ] || fail "there is no room in $to: the disk is full."
  fail "$1 cannot be had from $from." 'Name another directory or URL with --from.'
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -c 1-64; }
main() {
  here=$(dirname -- "$0") from='' to='' wanted=''
  while [ $# -gt 0 ]; do
    case $1/$# in
      --from/1 | --to/1 | --version/1) fail "$1 needs a value." ;;
      --from/*) from=${2%/} ;;
      --to/*) to=$2 ;;
      --version/*) wanted=${2#v} ;;
      *) fail "there is no $1." 'sh install.sh [--from DIRECTORY-or-URL] [--to DIRECTORY] [--version VERSION]' ;;
    esac
    shift 2
  done
  name=localpaas-linux-$(architecture)
  check_libraries "$name"
  [ -n "$from" ] || [ ! -f "$here/$name" ] || from=$here
  [ -n "$from" ] || [ -z "$wanted" ] || from=$releases/download/v$wanted
  from=${from:-$releases/latest/download}
  [ -n "$to" ] || [ "$(id -u)" != 0 ] || to=/usr/local/bin
  to=${to:-${HOME:?is not set: say --to DIRECTORY}/.local/bin}
  to=$(mkdir -p -- "$to" && CDPATH='' cd -- "$to" && pwd) && work=$(mktemp -d "$to/.localpaas.XXXXXX") ||
    fail 'the directory cannot be written to.' 'Choose another: --to DIRECTORY'
  trap 'rm -rf -- "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  fetch SHA256SUMS "$work/SHA256SUMS"
  expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$name\$/\1/p" "$work/SHA256SUMS")
  [ -n "$expected" ] || fail "SHA256SUMS in $from does not name $name."
  fetch "$name" "$work/localpaas"
  [ "$(sha256 "$work/localpaas")" = "$expected" ] || fail "$name from $from is damaged: it is not what SHA256SUMS says."
  chmod 755 "$work/localpaas"
  said=$("$work/localpaas" --version 2>&1) || fail "$name does not run here." "$said"
  [ -z "$wanted" ] || [ "$said" = "localpaas $wanted" ] || fail "$from has $said, not $wanted."
  [ ! -d "$to/localpaas" ] || fail "$to/localpaas is a directory."
  mv -f -- "$work/localpaas" "$to/localpaas"
  echo "Installed $to/localpaas:"
  [ "$(command -v localpaas)" = "$to/localpaas" ] ||
    echo "So that your shell finds it, say in ~/.profile:  export PATH=\"$to:\$PATH\""
  "$to/localpaas" --version
}

main "$@"
