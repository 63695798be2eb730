buildpack_name=go

go_version() { GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//'; }

# has_main FOLDER: is there a program, and not only a library?
has_main() {
  local file
  for file in "$1"/*.go; do
    case $file in *_test.go) continue ;; esac
    if [ -f "$file" ] && grep -qE '^package +main\b' "$file"; then return 0; fi
  done
  return 1
}

# The package to build: GO_INSTALL_PACKAGE_SPEC, the top folder, or the only one in cmd/.
package_to_build() {
  local folder found=()
  if [ -n "${GO_INSTALL_PACKAGE_SPEC:-}" ]; then
    echo "$GO_INSTALL_PACKAGE_SPEC"
    return
  elif has_main "$1"; then
    echo .
    return
  fi
  for folder in "$1"/cmd/*/; do
    if [ -d "$folder" ] && has_main "$folder"; then found+=("./${folder#"$1/"}"); fi
  done
  [ ${#found[@]} -gt 0 ] || fail 'There is no package main at the top of the app, nor in a folder of cmd/.' \
    'Name the one to build in the environment: GO_INSTALL_PACKAGE_SPEC=./path/to/it.'
  [ ${#found[@]} -eq 1 ] || fail "Several programs could be built: ${found[*]}." \
    "Name the one to build in the environment: GO_INSTALL_PACKAGE_SPEC=${found[0]}."
  echo "${found[0]%/}"
}

# build_program BUILD CACHE: makes BUILD/bin/app.
build_program() {
  local build=$1 cache=$2 package flags=(-trimpath)
  package=$(package_to_build "$build") || exit 1
  export GOCACHE=$cache/go-build GOMODCACHE=$cache/go-mod GOPATH=$cache/go GOTOOLCHAIN=local
  # Without C the program needs no library of the machine it runs on.
  export CGO_ENABLED=${CGO_ENABLED:-0}
  choose_modules "$build"
  step "Building $package"
  (cd "$build" && go build "${flags[@]}" -o bin/app "$package" 2>&1) | indent || give_up
}

# choose_modules BUILD: where other people's code comes from. Sets flags and GOPROXY.
choose_modules() {
  local proxy
  if [ ! -f "$1/go.mod" ]; then
    export GO111MODULE=auto GOPROXY=off
    return
  fi
  flags+=(-buildvcs=false)
  if [ -f "$1/vendor/modules.txt" ]; then
    flags+=(-mod=vendor)
    note 'Modules come from vendor/'
    export GOPROXY=off
    return
  fi
  flags+=(-modcacherw) # else the cache could not be emptied
  if ! grep -qE '^[[:space:]]*require\b' "$1/go.mod"; then
    export GOPROXY=off
    return
  fi
  proxy=${GOPROXY:-$(go env GOPROXY)}
  proxy=${proxy%%[,|]*}
  case $proxy in direct) proxy=https://github.com ;; esac
  if [ "$proxy" = off ] || ! can_reach "$proxy"; then
    note 'No network: modules come from the cache'
    export GOPROXY=off
  fi
}

give_up() {
  [ "${GOPROXY:-}" = off ] || fail 'The program could not be built; the reason stands above.'
  fail 'The program could not be built; the reason stands above.' \
    'If modules are missing: `go mod vendor` puts them into the app, or stage once with a network.'
}

start_command() { echo './bin/app'; }
