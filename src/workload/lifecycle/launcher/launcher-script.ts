import { bash } from './bash-text.ts';
import { environmentScript } from './environment-script.ts';

/**
 * What becomes the app, in the same process: its messages name lines of this text, so it begins with an empty one.
 * $1 is the app's directory, $2 what takes the command, $3 the command.
 */
const becomeTheApp = bash`
cd "$1"
echo 'Invoking pre-start scripts.'
for env_file in ../profile.d/* .profile.d/*; do
  [ ! -e "$env_file" ] || source "$env_file"
done
[ ! -f .profile ] || source .profile
shift
echo 'Invoking start command.'
exec $1 "$2"
`;

/**
 * The launcher of Diego as a bash script: `launcher <app-directory> <start-command> <metadata> [flags]`. It becomes the app,
 * so that the app has its pid. It reads staging_info.yml as JSON, which every builder writes there; other YAML is refused.
 */
export const launcherScript = `#!/bin/bash
# Starts what is in a droplet, as the launcher of Diego does: bash .launcher <app-directory> <start-command> <metadata>
lp_inner='${becomeTheApp.replaceAll("'", `'\\''`)}'
${environmentScript}${bash`
lp_fail() {
  printf '%s' "$1" >&2
  exit 1
}

# What staging_info.yml says becomes $lp_command and $lp_prefix.
lp_staging_info() {
  local text='' done at
  lp_command='' lp_prefix=''
  [[ -e staging_info.yml ]] || return
  text=$(<staging_info.yml) || lp_fail 'Invalid staging info - failed to read staging_info.yml'
  [[ $text =~ [^[:space:]] ]] || return
  if ! lp_read "$text" '*'; then
    done=$\{text:0:$\{#text}-$\{#lp_rest}}
    done=$\{done//[!$'\n']/}
    lp_fail "Invalid staging info - failed to unmarshal staging_info.yml: yaml: line $(($\{#done} + 1)): $lp_expected"
  fi
  for ((at = 0; at < $\{#lp_found[@]}; at += 2)); do
    case $\{lp_found[at]} in
      $'\x1fstart_command') lp_command=$\{lp_found[at + 1]} ;;
      $'\x1fconfig\x1fentrypoint_prefix') lp_prefix=$\{lp_found[at + 1]} ;;
    esac
  done
}

lp_name=launcher
(($# >= 3)) || lp_fail "$0: received only $(($# + 1)) arguments
Usage: $0 <app-directory> <start-command> <metadata>"
lp_staging_info
[[ -z $2 ]] || lp_command=$2
[[ -n $lp_command ]] || lp_fail "$0: no start command specified or detected in droplet"
lp_flags "$\{@:3}"
lp_absolute "$1"
set -- "$lp_text"
lp_environment "$1"
exec "$BASH" -c "$lp_inner" "$0" "$1" "$\{lp_prefix:-bash -c}" "$lp_command"
`}`;
