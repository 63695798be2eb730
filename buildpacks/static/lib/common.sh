# What every buildpack of localpaas needs: words for the log, the files that a platform reads, a cache that notices when
# it is out of date, and a quick answer to "is there a network?". Each buildpack has its own copy of this file, so that
# its folder works wherever it is copied to.

# --- The log ---------------------------------------------------------------------------------------------------------

step() { printf -- '-----> %s\n' "$*"; }

note() { printf '       %s\n' "$*"; }

# Moves what a program prints under the step that runs it, line by line while it works.
indent() { while IFS= read -r line || [ -n "$line" ]; do printf '       %s\n' "$line"; done; }

# fail WHAT [WAY OUT…]: ends the staging; each further argument is a line that says what to do.
fail() {
  printf ' !     %s\n' "$@" >&2
  exit 1
}

# --- The files a platform reads --------------------------------------------------------------------------------------

# Text as a quoted YAML string. JSON strings are YAML strings.
quoted() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//$'\n'/ }"
}

buildpack_version() { cat "$buildpack/VERSION"; }

# write_config DIR [RUNTIME CONSTRAINT VERSION]: says who staged the app, and which runtime it needs to run. The
# platform may keep the buildpack's folder under another name, so the name is said: $buildpack_name.
write_config() {
  {
    printf 'name: %s\nversion: %s\nconfig: {}\n' "$buildpack_name" "$(quoted "$(buildpack_version)")"
    if [ $# -ge 4 ]; then
      printf 'output_metadata:\n  runtime:\n'
      printf '    name: %s\n    constraint: %s\n    version: %s\n' "$2" "$(quoted "$3")" "$(quoted "$4")"
    fi
  } >"$1/config.yml"
}

# write_launch DIR COMMAND: the command of the web process. Without one the app's Procfile or the push has to say it.
write_launch() {
  if [ -z "$2" ]; then
    printf 'processes: []\n' >"$1/launch.yml"
  else
    note "web: $2"
    printf 'processes:\n- type: web\n  command: %s\n' "$(quoted "$2")" >"$1/launch.yml"
  fi
}

# print_release COMMAND: the same for platforms that run bin/release instead of reading launch.yml.
print_release() {
  if [ -z "$1" ]; then
    printf -- '---\ndefault_process_types: {}\n'
  else
    printf -- '---\ndefault_process_types:\n  web: %s\n' "$(quoted "$1")"
  fi
}

# --- Several buildpacks for one app ----------------------------------------------------------------------------------

# use_supplied DEPS: takes over what the buildpacks before this one supplied: programs, libraries and variables.
use_supplied() {
  local supplied variable
  for supplied in "$1"/*/; do
    [ -d "${supplied}bin" ] && PATH="${supplied}bin:$PATH"
    [ -d "${supplied}lib" ] && LD_LIBRARY_PATH="${supplied}lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    for variable in "${supplied}env"/*; do
      [ -f "$variable" ] && export "$(basename "$variable")=$(cat "$variable")"
    done
  done
  export PATH LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}"
  [ -n "$LD_LIBRARY_PATH" ] || unset LD_LIBRARY_PATH
}

# hand_over DEPS PROFILE_DIR: makes what all buildpacks supplied work when the app starts. The scripts in PROFILE_DIR
# are read by the launcher's shell before the start command, in the order of their names.
hand_over() {
  local supplied index script
  mkdir -p "$2"
  for supplied in "$1"/*/; do
    index=$(basename "$supplied")
    if [ -d "${supplied}bin" ]; then
      printf 'export PATH="$DEPS_DIR/%s/bin:$PATH"\n' "$index" >>"$2/000_multi-supply.sh"
    fi
    if [ -d "${supplied}lib" ]; then
      printf 'export LD_LIBRARY_PATH="$DEPS_DIR/%s/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"\n' "$index" \
        >>"$2/000_multi-supply.sh"
    fi
    for script in "${supplied}profile.d"/*; do
      if [ -f "$script" ]; then cp "$script" "$2/${index}_$(basename "$script")"; fi
    done
  done
}

# --- The cache -------------------------------------------------------------------------------------------------------

# open_cache CACHE RUNTIME: empties the cache unless it was filled on such a machine, for this stack and by this version
# of the runtime: compiled modules of another one would crash the app, or not start at all.
open_cache() {
  local stamp
  stamp="$(uname -s) $(uname -m) $(getconf LONG_BIT 2>/dev/null || echo '?') bit, stack ${CF_STACK:-host}, $2"
  mkdir -p "$1"
  [ "$(cat "$1/stamp" 2>/dev/null || true)" = "$stamp" ] && return
  if [ -e "$1/stamp" ]; then note "The cache was made by another runtime or machine: starting with an empty one"; fi
  find "$1" -mindepth 1 -delete
  printf '%s\n' "$stamp" >"$1/stamp"
}

# key_of FILE…: a name that changes when the content of one of the files does; those that do not exist count too.
key_of() {
  local file
  for file in "$@"; do
    printf '%s\n' "$(basename "$file")"
    if [ -f "$file" ]; then cat "$file"; else echo '(none)'; fi
  done | if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-32
}

# keep CACHE KEY DIR: keeps the directory for restore_kept, and nothing older: an app has one set of dependencies.
# All files get the same old date: equal stagings give equal droplets, and a file that is written later stands out.
keep() {
  rm -rf "$1/kept"
  mkdir -p "$1/kept"
  TZ=UTC find "$3" -type f -exec touch -t "$old_date" {} +
  link_or_copy "$3" "$1/kept/unfinished" && mv "$1/kept/unfinished" "$1/kept/$2"
}

# restore_kept CACHE KEY DIR: puts back what a former staging made from the same files. False when there is nothing, or
# when a program has written into one of the files since then: a link shows it what was done to the other.
restore_kept() {
  [ -d "$1/kept/$2" ] || return 1
  TZ=UTC touch -t "$old_date" "$1/old"
  [ -z "$(find "$1/kept/$2" -type f -newer "$1/old" | head -n 1)" ] || return 1
  rm -rf "$3"
  link_or_copy "$1/kept/$2" "$3"
}

old_date=200001010000

# Links cost next to nothing; thousands of copies take seconds. Between two file systems there are only copies.
link_or_copy() {
  cp -al "$1" "$2" 2>/dev/null && return
  rm -rf "$2"
  cp -pPR "$1" "$2"
}

# --- The network -----------------------------------------------------------------------------------------------------

# can_reach URL: whether its server, or the proxy that leads there, takes a connection within 2 seconds. Package managers
# retry for more than a minute before they say that there is no network. BUILDPACK_OFFLINE=1 answers without trying.
can_reach() {
  local address=$1 proxy=${https_proxy:-${HTTPS_PROXY:-${http_proxy:-${HTTP_PROXY:-}}}} port=443
  [ -z "${BUILDPACK_OFFLINE:-}" ] || return 1
  case $address in file:*) [ -e "${address#file://}" ] && return || return 1 ;; esac
  if [ -n "$proxy" ] && ! is_direct "$(host_of "$address")"; then address=$proxy; fi
  case $address in http:*) port=80 ;; esac
  case $(authority_of "$address") in *:*[0-9]) port=$(authority_of "$address") port=${port##*:} ;; esac
  # bash itself opens the connection: neither curl nor the package manager need be there.
  within_seconds 2 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$(host_of "$address")" "$port" 2>/dev/null
}

# Of https://user:password@host:8080/path: host:8080.
authority_of() {
  local rest=${1#*://}
  rest=${rest%%/*}
  printf '%s' "${rest##*@}"
}

host_of() {
  local authority
  authority=$(authority_of "$1")
  case $authority in
    \[*) authority=${authority#\[} && printf '%s' "${authority%%\]*}" ;;
    *) printf '%s' "${authority%%:*}" ;;
  esac
}

# Whether no_proxy names the host, or a domain above it.
is_direct() {
  local name
  local IFS=', '
  for name in ${no_proxy:-${NO_PROXY:-}}; do
    name=${name#.}
    case $1 in "$name" | *".$name") return 0 ;; esac
  done
  return 1
}

within_seconds() {
  if command -v timeout >/dev/null; then timeout "$@"; else perl -e 'alarm shift; exec @ARGV' "$@"; fi
}
