buildpack_name=ruby

# read_facts: sets ruby_version and ruby_arch.
read_facts() {
  command -v ruby >/dev/null || fail 'There is no program ruby here.' \
    'Install Ruby (on Debian: apt install ruby ruby-bundler), or stage where it is.'
  read -r ruby_version ruby_arch <<<"$(ruby --disable-gems -e 'puts "#{RUBY_VERSION} #{RUBY_PLATFORM}"')"
}

# The versions of Ruby which the app says it runs on: any, when it says nothing.
constraint() {
  if [ -f "$1/.ruby-version" ]; then
    head -n 1 "$1/.ruby-version" | sed 's/^ruby-//' | tr -d '[:space:]'
  elif [ -f "$1/Gemfile" ]; then
    # ruby "3.1.2", ruby '>= 3.0', '< 4'
    sed -n 's/^[[:space:]]*ruby[[:space:](]*\(["'\''][^)#]*["'\'']\).*/\1/p' "$1/Gemfile" | head -n 1 | tr -d "\"' "
  fi
}

# The first file at the top that requires Sinatra.
sinatra_file() {
  local file
  for file in "$1"/app.rb "$1"/*.rb; do
    [ -f "$file" ] || continue
    if grep -qE "^[[:space:]]*require[[:space:](]+[\"']sinatra[\"']" "$file"; then
      basename "$file"
      return
    fi
  done
}

# install_gems BUILD CACHE DEPS_OF_THIS
install_gems() {
  local build=$1 cache=$2 own=$3 key
  key=$(key_of "$build"/{Gemfile,Gemfile.lock,.ruby-version})
  if restore_kept "$cache" "$key" "$build/vendor/bundle"; then
    step 'Gemfile unchanged: taking the gems from the cache'
    use_own_gems "$own"
    return
  fi
  step 'Installing gems with Bundler'
  command -v bundle >/dev/null || fail 'There is no program bundle here to install the gems of the Gemfile.' \
    'Install it (gem install bundler; on Debian: apt install ruby-bundler), or push the gems with the app:' \
    'bundle config set --local path vendor/bundle && bundle install'
  if [ -d "$build/vendor/cache" ]; then
    note 'Gems come from vendor/cache'
    run_bundler "$build" --local || give_up
  elif can_reach "$(gem_source "$build")"; then
    note "Gems come from $(host_of "$(gem_source "$build")")"
    run_bundler "$build" || give_up
  elif uses_gems_of_machine "$build"; then
    note "No network: the gems of this machine are those that the Gemfile asks for"
    return
  else
    give_up offline
  fi
  use_own_gems "$own"
  rm -rf "$build"/vendor/bundle/ruby/*/cache
  keep "$cache" "$key" "$build/vendor/bundle"
}

run_bundler() {
  local build=$1 frozen=false
  shift
  if [ -f "$build/Gemfile.lock" ]; then frozen=true; fi
  (cd "$build" && BUNDLE_GEMFILE=$build/Gemfile BUNDLE_PATH=vendor/bundle BUNDLE_FROZEN=$frozen \
    BUNDLE_WITHOUT=${BUNDLE_WITHOUT:-development:test} BUNDLE_RETRY=0 BUNDLE_TIMEOUT=5 BUNDLE_SILENCE_ROOT_WARNING=1 \
    BUNDLE_DISABLE_VERSION_CHECK=1 bundle install "$@" 2>&1) | indent
}

uses_gems_of_machine() {
  (cd "$1" && BUNDLE_GEMFILE=$1/Gemfile BUNDLE_WITHOUT=${BUNDLE_WITHOUT:-development:test} bundle install --local --quiet) \
    >/dev/null 2>&1
}

# At run time the gems are those beside the app.
use_own_gems() {
  # Absolute: Bundler takes a relative path from the folder of its settings.
  echo 'export BUNDLE_PATH="$HOME/vendor/bundle" BUNDLE_WITHOUT="${BUNDLE_WITHOUT:-development:test}"' >>"$1/profile.d/ruby.sh"
}

gem_source() {
  local address
  address=$(sed -n 's/^[[:space:]]*source[[:space:](]*["'\'']\([^"'\'']*\)["'\''].*/\1/p' "$1/Gemfile" | head -n 1)
  printf '%s' "${BUNDLE_MIRROR__ALL:-${address:-https://rubygems.org}}"
}

give_up() {
  [ "${1:-}" = offline ] || fail 'The gems could not be installed; the reason stands above.'
  fail "The gems could not be installed: there is no network ($(host_of "$(gem_source "$build")") does not answer)." \
    'Push them with the app: `bundle cache` puts them into vendor/cache,' \
    'or stage once with a network: after that the cache has them.'
}

# start_command BUILD: what starts the app, or nothing when only its author knows.
start_command() {
  local build=$1 with='' address='-o "${VCAP_APP_HOST:-0.0.0.0}" -p "$PORT"' file
  if [ -f "$build/Gemfile" ]; then with='bundle exec '; fi
  if [ -f "$build/config/application.rb" ] && [ -f "$build/config.ru" ]; then
    echo "${with}rails server -b \"\${VCAP_APP_HOST:-0.0.0.0}\" -p \"\$PORT\""
  elif [ -f "$build/config.ru" ]; then
    echo "${with}rackup $address"
  else
    file=$(sinatra_file "$build")
    if [ -n "$file" ]; then echo "${with}ruby $file $address"; fi
  fi
}
