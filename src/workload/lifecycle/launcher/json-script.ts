import { bash } from './bash-text.ts';

/**
 * Reads JSON in bash 3.2 and later, with no other program. Variables are local, and what remains begins with `lp_`: those
 * of the app are left alone. Numbers are kept as they are written (the original makes 1 of `1.0`).
 */
export const jsonScript = bash`
lp_skip_blanks() {
  [[ $lp_rest != [[:space:]]* ]] || lp_rest=$\{lp_rest#"$\{lp_rest%%[![:space:]]*}"}
}

# The next word of $lp_rest becomes $lp_word. Patterns, which look at little, are much faster here than expressions.
lp_next() {
  local number='^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$'
  lp_skip_blanks
  case $lp_rest in
    [][{}:,]*) lp_word=$\{lp_rest:0:1} ;;
    \"*) lp_string "$\{lp_rest:1}" || return 1 ;;
    [0-9-]*)
      lp_word=$\{lp_rest%%[!0-9eE.+-]*}
      [[ $lp_word =~ $number ]] || return 1 ;;
    true*) lp_word=true ;;
    false*) lp_word=false ;;
    null*) lp_word=null ;;
    *) return 1 ;;
  esac
  lp_rest=$\{lp_rest:$\{#lp_word}}
}

# The string that $1 begins with, behind its quote, becomes $lp_word. A quote behind an odd number of \ is part of it.
lp_string() {
  local rest=$1 plain slashes
  lp_word=\"
  while [[ $rest == *\"* ]]; do
    plain=$\{rest%%\"*} slashes=''
    lp_word+=$plain\"
    [[ $plain != *\\ ]] || slashes=$\{plain##*[!\\]}
    if (($\{#slashes} % 2 == 0)); then
      [[ $lp_word != *[$'\x01'-$'\x1f']* ]]
      return
    fi
    rest=$\{rest:$\{#plain}+1}
  done
  return 1
}

# The character with the code $1, in UTF-8, becomes $lp_char.
lp_utf8() {
  local codes
  if (($1 < 0x80)); then printf -v codes '\\x%x' "$1"
  elif (($1 < 0x800)); then printf -v codes '\\x%x\\x%x' $((0xC0 | $1 >> 6)) $((0x80 | $1 & 63))
  elif (($1 < 0x10000)); then
    printf -v codes '\\x%x\\x%x\\x%x' $((0xE0 | $1 >> 12)) $((0x80 | $1 >> 6 & 63)) $((0x80 | $1 & 63))
  else
    printf -v codes '\\x%x\\x%x\\x%x\\x%x' \
      $((0xF0 | $1 >> 18)) $((0x80 | $1 >> 12 & 63)) $((0x80 | $1 >> 6 & 63)) $((0x80 | $1 & 63))
  fi
  printf -v lp_char "$codes"
}

# The text that the JSON string $1 stands for becomes $lp_text. There are no NULs in a shell: those are refused.
lp_decode() {
  local rest=$\{1:1:$\{#1}-2} out='' code low
  while [[ $rest == *\\* ]]; do
    out+=$\{rest%%\\*}
    rest=$\{rest#*\\}
    case $rest in
      u0000*) return 1 ;;
      u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]*)
        code=$((16#$\{rest:1:4})) rest=$\{rest:5}
        if ((code >= 0xD800 && code < 0xE000)); then
          low=0
          [[ $rest == \\u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]* ]] && low=$((16#$\{rest:2:4}))
          if ((code < 0xDC00 && low > 0)); then
            code=$((0x10000 + (code - 0xD800 << 10) + low - 0xDC00)) rest=$\{rest:6}
          else code=0xFFFD; fi
        fi
        lp_utf8 $code
        out+=$lp_char ;;
      b*) out+=$'\b' rest=$\{rest:1} ;;
      f*) out+=$'\f' rest=$\{rest:1} ;;
      n*) out+=$'\n' rest=$\{rest:1} ;;
      r*) out+=$'\r' rest=$\{rest:1} ;;
      t*) out+=$'\t' rest=$\{rest:1} ;;
      [\"/\\]*) out+=$\{rest:0:1} rest=$\{rest:1} ;;
      *) return 1 ;;
    esac
  done
  lp_text=$out$rest
}

# The text $1 as a JSON string, as Go writes it, becomes $lp_json.
lp_encode() {
  local rest=$1 out='' plain char code
  while [[ -n $rest ]]; do
    plain=$\{rest%%[\"\\\<\>\&[:cntrl:]$'\xe2']*}
    out+=$plain rest=$\{rest:$\{#plain}}
    char=$\{rest:0:1}
    case $rest in
      '') break ;;
      [\"\\]*) char=\\$char ;;
      $'\n'*) char='\n' ;;
      $'\r'*) char='\r' ;;
      $'\t'*) char='\t' ;;
      $'\x7f'*) ;;
      [\<\>\&[:cntrl:]]*)
        printf -v code '%d' "'$char"
        printf -v char '\\u%04x' "$code" ;;
      $'\xe2\x80\xa8'*) char='\u2028' rest=$\{rest:2} ;;
      $'\xe2\x80\xa9'*) char='\u2029' rest=$\{rest:2} ;;
    esac
    out+=$char rest=$\{rest:1}
  done
  lp_json="\"$out\""
}

# Reads a value at the path $1. Strings at $lp_wanted go to lp_found. If something is to be added, the value becomes
# $lp_json, with sorted keys.
lp_value() {
  lp_expected='did not find expected node content'
  lp_next || return 1
  case $lp_word in
    '{') lp_object "$1" ;;
    '[') lp_array "$1" ;;
    \"*)
      lp_json=''
      if [[ $1 == $lp_wanted ]]; then
        lp_decode "$lp_word" || return 1
        lp_found+=("$1" "$lp_text")
      fi
      # What is not written again need not be understood.
      (($\{#lp_added[@]} == 0)) || { lp_decode "$lp_word" && lp_encode "$lp_text"; } ;;
    [0-9tfn-]*) lp_json=$lp_word ;;
    *) return 1 ;;
  esac
}

lp_array() {
  local items='' index=0
  lp_skip_blanks
  if [[ $lp_rest == ']'* ]]; then
    lp_next
    lp_json='[]'
    return
  fi
  while :; do
    lp_value "$1"$'\x1f'$index || return 1
    items+=,$lp_json
    index=$((index + 1))
    lp_expected="did not find expected ',' or ']'"
    lp_next || return 1
    case $lp_word in
      ']') break ;;
      ,) ;;
      *) return 1 ;;
    esac
  done
  lp_json="[$\{items:1}]"
}

# Puts the key $1 with the value $2 where it belongs in keys and values, which the caller has.
lp_put() {
  local at=$\{#keys[@]}
  while ((at > 0)) && [[ $1 < $\{keys[at - 1]} ]]; do at=$((at - 1)); done
  if ((at > 0)) && [[ $1 == "$\{keys[at - 1]}" ]]; then
    values[at - 1]=$2
    return
  fi
  if ((at == $\{#keys[@]})); then
    keys[at]=$1 values[at]=$2
    return
  fi
  keys=("$\{keys[@]:0:at}" "$1" "$\{keys[@]:at}")
  values=("$\{values[@]:0:at}" "$2" "$\{values[@]:at}")
}

lp_object() {
  local keys=() values=() key members='' at
  lp_skip_blanks
  if [[ $lp_rest == '}'* ]]; then lp_next
  else
    while :; do
      lp_expected="did not find expected ',' or '}'"
      lp_next && [[ $lp_word == \"* ]] && lp_decode "$lp_word" || return 1
      key=$lp_text
      lp_next && [[ $lp_word == : ]] || return 1
      lp_value "$1"$'\x1f'"$key" || return 1
      lp_put "$key" "$lp_json"
      lp_expected="did not find expected ',' or '}'"
      lp_next || return 1
      case $lp_word in
        '}') break ;;
        ,) ;;
        *) return 1 ;;
      esac
    done
  fi
  if [[ -z $1 ]]; then
    for ((at = 0; at < $\{#lp_added[@]}; at += 2)); do lp_put "$\{lp_added[at]}" "$\{lp_added[at + 1]}"; done
  fi
  for ((at = 0; at < $\{#keys[@]}; at++)); do
    lp_encode "$\{keys[at]}"
    members+=,$lp_json:$\{values[at]}
  done
  lp_json="{$\{members:1}}"
}

# Reads the JSON object $1, where strings at the path $2 are wanted; further words are keys and values to put into it.
lp_read() {
  local LC_ALL=C
  lp_rest=$1 lp_wanted=$2 lp_found=() lp_expected='did not find expected node content'
  shift 2
  lp_added=("$@")
  lp_skip_blanks
  [[ $lp_rest == '{'* ]] && lp_value '' && lp_skip_blanks && [[ -z $lp_rest ]]
}
`;
