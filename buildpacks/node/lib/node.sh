buildpack_name=node

# read_facts BUILD: sets node_version, node_arch, constraint, dependencies, start, needs_npm, main: what the app says about itself.
# One run of Node for all of them, because each costs some 40 ms, ten times that on a Pi.
read_facts() {
  command -v node >/dev/null || fail 'There is no program node here.' \
    'Install Node (on Debian: apt install nodejs npm), or stage where it is.'
  local facts name value
  facts=$(node "$buildpack/lib/facts.cjs" "$1") || exit 1
  node_version='' node_arch='' constraint='' dependencies=0 start='' needs_npm='' main=''
  while IFS='=' read -r name value; do
    case $name in
      node_version | node_arch | constraint | dependencies | start | needs_npm | main) printf -v "$name" '%s' "$value" ;;
    esac
  done <<<"$facts"
}

# The app brings its modules along: nothing is installed, no network is needed.
use_pushed_modules() {
  step 'Taking the node_modules that came with the app'
  local unbuilt
  unbuilt=$(find "$1/node_modules" -name binding.gyp -not -path '*/build/*' -exec sh -c \
    'for f; do d=${f%/*}; [ -d "$d/build" ] || [ -d "$d/prebuilds" ] || echo "$d"; done' sh {} + | head -n 1)
  if [ -n "$unbuilt" ] && command -v npm >/dev/null; then
    note "Compiling ${unbuilt#"$1"/} and others like it"
    (cd "$1" && npm rebuild --no-audit --no-fund 2>&1) | indent
  fi
}

# install_modules BUILD CACHE
install_modules() {
  local build=$1 cache=$2 manager key
  manager=$(package_manager "$build")
  key=$(key_of "$build"/{package.json,package-lock.json,npm-shrinkwrap.json,yarn.lock,pnpm-lock.yaml,.npmrc} \
    <(echo "$manager ${NODE_ENV:-production}"))
  if restore_kept "$cache" "$key" "$build/node_modules"; then
    step 'Dependencies unchanged: taking them from the cache'
    return
  fi
  step "Installing dependencies with $manager"
  require_manager "$manager"
  export npm_config_cache=$cache/npm YARN_CACHE_FOLDER=$cache/yarn npm_config_store_dir=$cache/pnpm
  export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
  # A network that takes connections but never answers is given up after a minute, not after fifteen.
  export npm_config_fetch_retries=0 npm_config_fetch_timeout=60000
  "install_with_$manager" "$build"
  [ -d "$build/node_modules" ] || mkdir "$build/node_modules"
  keep "$cache" "$key" "$build/node_modules"
}

# The one whose lock file is there.
package_manager() {
  if [ -f "$1/pnpm-lock.yaml" ]; then
    echo pnpm
  elif [ -f "$1/yarn.lock" ]; then
    echo yarn
  else
    echo npm
  fi
}

require_manager() {
  local program=$1
  if [ "$1" = yarn ] && ! command -v yarn >/dev/null && command -v yarnpkg >/dev/null; then
    yarn() { yarnpkg "$@"; } # its name on Debian
    return
  fi
  command -v "$program" >/dev/null && return
  case $program in
    npm) fail 'There is no program npm here to install the dependencies.' \
      'Install it (on Debian: apt install npm), or push the app with its node_modules.' ;;
    *) fail "The app has a lock file of $program, but there is no program $program here." \
      "Install it (npm install -g $program), push the app with its node_modules," \
      "or remove that lock file and push a package-lock.json." ;;
  esac
}

install_with_npm() {
  local build=$1 verb=install flags=(--loglevel=error) lock
  [ "${NODE_ENV:-production}" != production ] || flags+=(--omit=dev)
  for lock in npm-shrinkwrap.json package-lock.json; do
    if [ -f "$build/$lock" ]; then
      verb=ci
      cp -p "$build/$lock" "$build/$lock.pushed"
      node "$buildpack/lib/fill-lock.cjs" "$build/$lock" "$(registry "$build")"
      break
    fi
  done
  if can_reach "$(registry "$build")"; then
    flags+=(--prefer-offline)
  else
    note "No network: $(host_of "$(registry "$build")") does not answer. Trying with what the cache has"
    flags+=(--offline)
  fi
  local status=0
  (cd "$build" && npm "$verb" "${flags[@]}" 2>&1) | indent || status=1
  if [ "$verb" = ci ]; then mv "$build/$lock.pushed" "$build/$lock"; fi
  [ "$status" = 0 ] || give_up "${flags[@]}"
}

install_with_yarn() {
  local build=$1 flags=(--frozen-lockfile --non-interactive --production)
  case $(yarn --version) in
    0.* | 1.*) ;;
    *) flags=(--immutable) ;;
  esac
  if ! can_reach "$(registry "$build")"; then
    note 'No network: trying with what the cache has'
    flags+=(--offline)
  fi
  (cd "$build" && yarn install "${flags[@]}" 2>&1) | indent || give_up "${flags[@]}"
}

install_with_pnpm() {
  # Hard links into the store would not survive the way into the droplet.
  local build=$1 flags=(--frozen-lockfile --prod --package-import-method=copy --node-linker=hoisted)
  if ! can_reach "$(registry "$build")"; then
    note 'No network: trying with what the cache has'
    flags+=(--offline)
  fi
  (cd "$build" && pnpm install "${flags[@]}" 2>&1) | indent || give_up "${flags[@]}"
}

give_up() {
  case " $* " in
    *' --offline '*) fail 'The dependencies could not be installed: there is no network, and the cache lacks some of them.' \
      'Push the app with its node_modules (run `npm ci` where there is a network; see .cfignore too),' \
      'or stage once with a network: after that the cache has what the lock file names.' ;;
    *) fail 'The dependencies could not be installed; the reason stands above.' ;;
  esac
}

# Where packages come from. Read here, because asking npm takes a third of a second.
registry() {
  local file address=${npm_config_registry:-${NPM_CONFIG_REGISTRY:-}}
  for file in "$1/.npmrc" "${HOME:-/nonexistent}/.npmrc" /etc/npmrc; do
    [ -z "$address" ] && [ -f "$file" ] || continue
    address=$(sed -n 's/^[[:space:]]*registry[[:space:]]*=[[:space:]]*//p' "$file" | tail -n 1)
  done
  printf '%s' "${address:-https://registry.npmjs.org/}"
}

# What starts the app, or nothing when only its author knows.
start_command() {
  local file
  if [ -n "$needs_npm" ] && command -v npm >/dev/null; then
    echo 'npm start'
  elif [ -n "$start" ]; then
    # What npm would run, in a shell as it would, without npm: that takes half a second and 60 MB beside the app, and does
    # not always pass on the signal to stop.
    printf '%s\n' "$start"
  else
    for file in "$main" server.js app.js index.js; do
      if [ -n "$file" ] && [ -f "$1/$file" ]; then
        printf 'node %q\n' "$file"
        return
      fi
    done
  fi
}
