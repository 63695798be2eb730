buildpack_name=binary

# Zip files and some file systems lose the permission to run a program: files at the top and in bin/ get it back when
# they begin like a program of Linux or macOS, or like a script.
make_executable() {
  local file begin
  for file in "$1"/* "$1"/bin/*; do
    [ -f "$file" ] && [ ! -x "$file" ] || continue
    begin=$(head -c 4 "$file" | od -An -tx1 | tr -d ' \n')
    case $begin in
      7f454c46 | cffaedfe | cefaedfe | cafebabe | 2321*)
        chmod +x "$file"
        note "${file#"$1/"} may be run now"
        ;;
    esac
  done
}

# No command: nothing in a program says how it wants to be started.
start_command() { :; }
