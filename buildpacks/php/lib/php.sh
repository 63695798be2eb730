buildpack_name=php

# The folder whose files visitors may ask for.
document_root() {
  local folder
  for folder in public web htdocs .; do
    if [ -f "$1/$folder/index.php" ]; then
      echo "$folder"
      return
    fi
  done
}

# from_composer BUILD EXPRESSION: evaluates PHP with $app, which is composer.json.
from_composer() {
  php -r '$app = json_decode(file_get_contents($argv[1]), true);
    if (!is_array($app)) { fwrite(STDERR, " !     composer.json cannot be read: " . json_last_error_msg() . ".\n"); exit(1); }
    echo '"$2"';' -- "$1/composer.json"
}

constraint() {
  if [ -f "$1/composer.json" ]; then from_composer "$1" '$app["require"]["php"] ?? ""'; fi
}

# Packages to fetch, or classes to be found by their names. Extensions of PHP are none of Composer's business.
needs_composer() {
  local answer
  answer=$(from_composer "$1" '(isset($app["autoload"]) || preg_grep("~/~", array_keys($app["require"] ?? []))) ? "yes" : "no"') ||
    exit 1
  [ "$answer" = yes ]
}

# install_packages BUILD CACHE
install_packages() {
  local build=$1 cache=$2 key composer
  key=$(key_of "$build"/composer.{json,lock})
  if restore_kept "$cache" "$key" "$build/vendor"; then
    step 'composer.json unchanged: taking the packages from the cache'
    return
  fi
  step 'Installing packages with Composer'
  if [ -f "$build/composer.phar" ]; then
    composer=(php "$build/composer.phar")
  elif command -v composer >/dev/null; then
    composer=(composer)
  else
    fail 'There is no program composer here to install the packages of composer.json.' \
      'Install it (on Debian: apt install composer), push composer.phar, or push the app with its folder vendor.'
  fi
  export COMPOSER_HOME=$cache/composer-home COMPOSER_CACHE_DIR=$cache/composer COMPOSER_ALLOW_SUPERUSER=1
  if ! can_reach https://repo.packagist.org; then
    note 'No network: taking packages from the app and from the cache'
    export COMPOSER_DISABLE_NETWORK=1
  fi
  (cd "$build" && "${composer[@]}" install --no-dev --no-interaction --no-progress --prefer-dist --no-ansi 2>&1) | indent ||
    give_up
  keep "$cache" "$key" "$build/vendor"
}

give_up() {
  [ -n "${COMPOSER_DISABLE_NETWORK:-}" ] || fail 'The packages could not be installed; the reason stands above.'
  fail 'The packages could not be installed: there is no network, and the cache lacks some of them.' \
    'Push the app with its folder vendor (composer install --no-dev), or stage once with a network.'
}

# start_command BUILD IDX: what starts the app, or nothing when only its author knows.
start_command() {
  local root
  root=$(document_root "$1")
  [ -n "$root" ] || return 0
  echo "php -S \"\${VCAP_APP_HOST:-0.0.0.0}:\$PORT\" -t $root \"\$DEPS_DIR/$2/router.php\""
}
