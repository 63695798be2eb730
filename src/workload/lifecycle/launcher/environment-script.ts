import { bash } from './bash-text.ts';
import { jsonScript } from './json-script.ts';

/** What launcher and shell share: the flags and the environment. No credhub is asked: its flags are read, and that is all. */
export const environmentScript =
  jsonScript +
  bash`
# The path $1 becomes absolute, without . and .., as $lp_text.
lp_absolute() {
  local rest=$1/ out='' part
  [[ $rest == /* ]] || rest=$PWD/$rest
  while [[ -n $rest ]]; do
    part=$\{rest%%/*} rest=$\{rest#*/}
    case $part in
      '' | .) ;;
      ..) out=$\{out%/*} ;;
      *) out+=/$part ;;
    esac
  done
  lp_text=$\{out:-/}
}

lp_usage() {
  printf 'Usage of %s:\n' "$lp_name"
  printf '  -%s\n    \tnumber of times that the credhub client will attempt to connect to credhub (default 3)\n' \
    'credhubConnectAttempts int'
  printf '  -%s\n    \tdelay duration that the credhub client will wait before retrying the connection to credhub (default 1s)\n' \
    'credhubRetryDelay duration'
}

lp_refuse() {
  printf '%s\n' "$1" >&2
  lp_usage >&2
  exit 2
}

# The flags of the original: they are understood, and mean nothing here.
lp_flags() {
  local word name value pattern
  while [[ $\{1-} == -?* && $1 != -- ]]; do
    word=$1 name=$\{1#-}
    name=$\{name#-}
    shift
    [[ -n $name && $name != [-=]* ]] || lp_refuse "bad flag syntax: $word"
    case $\{name%%=*} in
      credhubConnectAttempts) pattern='^[+-]?[0-9]+$' ;;
      credhubRetryDelay) pattern='^[+-]?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|ms|s|m|h))+)$' ;;
      h | help)
        lp_usage >&2
        exit 0 ;;
      *) lp_refuse "flag provided but not defined: -$\{name%%=*}" ;;
    esac
    if [[ $name == *=* ]]; then value=$\{name#*=} name=$\{name%%=*}
    else
      (($# > 0)) || lp_refuse "flag needs an argument: -$name"
      value=$1
      shift
    fi
    [[ $value =~ $pattern ]] || lp_refuse "invalid value \"$value\" for flag -$name: parse error"
  done
}

# The first database among the services becomes $lp_text: as Rails wants it, in the order of the document.
lp_database() {
  local LC_ALL=C at path uri
  lp_text=''
  [[ $\{VCAP_SERVICES-} == *[mM][yY][sS][qQ][lL]* || $\{VCAP_SERVICES-} == *[pP][oO][sS][tT][gG][rR][eE][sS]* ]] || return
  if ! lp_read "$VCAP_SERVICES" $'*\x1fcredentials\x1furi'; then
    lp_text=''
    return
  fi
  for ((at = 0; at < $\{#lp_found[@]}; at += 2)); do
    path=$\{lp_found[at]} uri=$\{lp_found[at + 1]}
    path=$\{path//[!$'\x1f']/}
    (($\{#path} == 4)) || continue
    case $uri in
      [mM][yY][sS][qQ][lL]:* | [mM][yY][sS][qQ][lL]2:*) lp_text=mysql2:$\{uri#*:} ;;
      [pP][oO][sS][tT][gG][rR][eE][sS]:* | [pP][oO][sS][tT][gG][rR][eE][sS][qQ][lL]:*) lp_text=postgres:$\{uri#*:} ;;
      *) continue ;;
    esac
    return
  done
  lp_text=''
}

# Sets the environment of an app in the directory $1, which is absolute.
lp_environment() {
  local added number
  lp_found=()
  export HOME=$1
  lp_absolute "$1/../tmp"
  export TMPDIR=$lp_text
  lp_absolute "$1/../deps"
  export DEPS_DIR=$lp_text
  if [[ -n $\{VCAP_APPLICATION-} ]]; then
    lp_encode "$\{INSTANCE_GUID-}"
    added=(host '"0.0.0.0"' instance_id "$lp_json")
    number='^([+]?|(-))0*([0-9]+)$'
    [[ $\{PORT-} =~ $number ]] && added+=(port "$\{BASH_REMATCH[2]}$\{BASH_REMATCH[3]}")
    [[ $\{INSTANCE_INDEX-} =~ $number ]] && added+=(instance_index "$\{BASH_REMATCH[2]}$\{BASH_REMATCH[3]}")
    lp_read "$VCAP_APPLICATION" '' "$\{added[@]}" && export VCAP_APPLICATION=$lp_json
  fi
  if [[ -n $\{VCAP_PLATFORM_OPTIONS-} ]] && ! lp_read "$VCAP_PLATFORM_OPTIONS" ''; then
    printf 'Unable to set up environment: VCAP_PLATFORM_OPTIONS is no JSON object' >&2
    exit 3
  fi
  unset VCAP_PLATFORM_OPTIONS
  lp_database
  [[ -z $lp_text ]] || export DATABASE_URL=$lp_text
}
`;
