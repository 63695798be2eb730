import { bash } from './bash-text.ts';
import { environmentScript } from './environment-script.ts';

/** What becomes the shell: the scripts beside the app are read, but not .profile, which is for the app's start alone. */
const becomeTheShell = bash`
cd "$1"
for env_file in ../profile.d/* .profile.d/*; do
  [ ! -e "$env_file" ] || source "$env_file"
done
shift
exec bash -c "$1"
`;

/** The shell of Diego: `shell [app-directory] [command] [flags]`. */
export const shellScript = `lp_inner='${becomeTheShell.replaceAll("'", `'\\''`)}'
${environmentScript}${bash`
lp_fail() {
  printf '%s' "$1" >&2
  exit 1
}

lp_name=shell
if (($# >= 1)); then
  [[ -e $1 ]] || lp_fail 'Provided app direcory does not exist'
else
  set -- "$\{HOME-}/app"
  [[ -e $1 ]] || lp_fail 'Could not infer app directory, please provide one'
fi
(($# >= 2)) || set -- "$1" bash
lp_flags "$\{@:3}"
lp_absolute "$1"
set -- "$lp_text" "$2"
lp_environment "$1"
exec "$BASH" -c "$lp_inner" "$0" "$@"
`}`;
