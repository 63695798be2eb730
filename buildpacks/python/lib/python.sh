buildpack_name=python

# read_facts: sets python_version, python_arch and has_pip.
read_facts() {
  command -v python3 >/dev/null || fail 'There is no program python3 here.' \
    'Install Python (on Debian: apt install python3 python3-pip), or stage where it is.'
  local facts
  facts=$(python3 -c 'import importlib.util as u, platform as p, sysconfig as s
print(p.python_version(), s.get_platform(), "yes" if u.find_spec("pip") else "no")')
  read -r python_version python_arch has_pip <<<"$facts"
}

# The versions of Python which the app says it runs on: any, when it says nothing.
constraint() {
  local said=''
  if [ -f "$1/runtime.txt" ]; then
    said=$(sed -n 's/^python-//p' "$1/runtime.txt" | head -n 1)
  elif [ -f "$1/.python-version" ]; then
    said=$(head -n 1 "$1/.python-version")
  elif [ -f "$1/pyproject.toml" ]; then
    said=$(sed -n 's/^requires-python[[:space:]]*=[[:space:]]*["'\'']\(.*\)["'\''].*/\1/p' "$1/pyproject.toml" | head -n 1)
  fi
  printf '%s' "${said//[[:space:]]/}"
}

# install_packages BUILD CACHE REQUIREMENTS
install_packages() {
  local build=$1 cache=$2 requirements=$3 key
  key=$(key_of "$build"/{*requirements*.txt,Pipfile,Pipfile.lock,pyproject.toml})
  if restore_kept "$cache" "$key" "$build/.python_packages"; then
    step 'Requirements unchanged: taking the packages from the cache'
    return
  fi
  step 'Installing packages with pip'
  [ "$has_pip" = yes ] || fail "There is no pip for $(command -v python3)." \
    'Install it (on Debian: apt install python3-pip), or push the packages with the app:' \
    'python3 -m pip install --target .python_packages -r requirements.txt'
  fetch_wheels "$build" "$cache/wheels" "$requirements"
  # --target, because a virtual environment works only where it was made, and the app runs elsewhere.
  # Packages are named, not their files: pip would write down where the files were.
  run_pip "$build" install --no-index --no-deps --find-links "$cache/wheels/used" --no-compile \
    --target "$build/.python_packages" $(names_of "$cache"/wheels/used/*.whl) || give_up
  # Compiled once, now, and in a way which does not depend on the dates of files, nor on where they are just now.
  python3 -m compileall -q -d .python_packages --invalidation-mode checked-hash "$build/.python_packages" >/dev/null || true
  keep "$cache" "$key" "$build/.python_packages"
}

# fetch_wheels BUILD WHEELS REQUIREMENTS: makes WHEELS/used the set of packages to install: from the folder vendor or
# wheels of the app, from what was fetched for a former staging, or from the network.
fetch_wheels() {
  local build=$1 wheels=$2 requirements=$3 sources=() folder index
  rm -rf "$wheels/used"
  mkdir -p "$wheels/used"
  for folder in "$build/vendor" "$build/wheels" "$wheels"; do
    if [ -d "$folder" ]; then sources+=(--find-links "$folder"); fi
  done
  if index=$(reachable_index "$build"); then
    note "Packages come from ${index##*@}"
    run_pip "$build" wheel "${sources[@]}" --index-url "$index" --retries 0 --timeout 5 --wheel-dir "$wheels/used" \
      -r "$requirements" || give_up
  else
    note 'Taking packages from the app and from the cache, without a network'
    run_pip "$build" wheel "${sources[@]}" --no-index --wheel-dir "$wheels/used" -r "$requirements" || give_up offline
  fi
  find "$wheels" -maxdepth 1 -name '*.whl' -delete
  cp -p "$wheels"/used/*.whl "$wheels/"
}

# Of greet-1.0-py3-none-any.whl: greet==1.0.
names_of() {
  local wheel version
  for wheel in "$@"; do
    wheel=$(basename "$wheel")
    version=${wheel#*-}
    printf '%s==%s\n' "${wheel%%-*}" "${version%%-*}"
  done
}

run_pip() {
  local build=$1
  shift
  (cd "$build" && PIP_CACHE_DIR=$cache/pip PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    python3 -m pip --no-input "$@" --quiet 2>&1) | indent
}

# The first package index that answers. pip has it from the environment or from its files. An app that brings wheels
# does not ask one.
reachable_index() {
  local address addresses
  [ ! -d "$1/wheels" ] || return 1
  addresses=${PIP_INDEX_URL:-$(pip_setting index-url)}
  for address in ${addresses:-https://pypi.org/simple} ${PIP_EXTRA_INDEX_URL:-$(pip_setting extra-index-url)}; do
    if can_reach "$address"; then
      printf '%s' "$address"
      return
    fi
  done
  return 1
}

pip_setting() {
  local home=${HOME:-/nonexistent} file
  for file in "${PIP_CONFIG_FILE:-}" "${XDG_CONFIG_HOME:-$home/.config}/pip/pip.conf" "$home/.pip/pip.conf" /etc/pip.conf; do
    [ -f "$file" ] || continue
    sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$file" && return
  done
}

give_up() {
  [ "${1:-}" = offline ] || fail 'The packages could not be installed; the reason stands above.'
  fail 'The packages could not be installed: neither the app nor the cache has all of them, and no index answers.' \
    'Push them with the app: python3 -m pip wheel --wheel-dir wheels -r requirements.txt' \
    'or stage once with a network: after that the cache has them.'
}

# start_command BUILD IDX: what starts the app, or nothing when only its author knows.
start_command() {
  local build=$1 index=$2 file name
  if [ -f "$build/manage.py" ]; then
    start_django "$build"
    return
  fi
  for file in wsgi.py app.py main.py; do
    [ -f "$build/$file" ] || continue
    name=$(wsgi_name "$build/$file")
    # A file that can be run starts its own server, unless it is called wsgi.py or there is a better server.
    if [ -n "$name" ] && { [ "$file" = wsgi.py ] || has_gunicorn "$build" || ! is_runnable "$build/$file"; }; then
      serve "$build" "$index" "${file%.py}:$name"
    else
      echo "python3 $file"
    fi
    return
  done
}

# serve BUILD IDX MODULE:NAME
serve() {
  if has_gunicorn "$1"; then
    echo "python3 -m gunicorn --bind \"\${VCAP_APP_HOST:-0.0.0.0}:\$PORT\" --access-logfile - $3"
  else
    echo "python3 \"\$DEPS_DIR/$2/serve_wsgi.py\" $3"
  fi
}

start_django() {
  local module
  module=$(cd "$1" && find . -mindepth 2 -maxdepth 2 -name wsgi.py | head -n 1)
  if [ -n "$module" ] && has_gunicorn "$1"; then
    module=${module#./}
    serve "$1" - "$(dirname "$module").wsgi:application"
  else
    echo "python3 manage.py runserver --noreload --insecure \"\${VCAP_APP_HOST:-0.0.0.0}:\$PORT\""
  fi
}

# The name under which a file has a WSGI app: application as the agreement says, or app as is the custom.
wsgi_name() {
  if grep -qE '^(def +application\b|application *[:=]|(from|import) .*\bapplication$)' "$1"; then
    echo application
  elif grep -qE '^(app *[:=]|(from|import) .*\bapp$)' "$1"; then
    echo app
  fi
}

is_runnable() { grep -qE '^if +__name__ *== *["'\'']__main__' "$1"; }

has_gunicorn() {
  [ -d "$1/.python_packages/gunicorn" ]
}
