# shellcheck shell=bash
# A folder to work in and a program to wait for, both gone when the script ends, however it
# ends.

child=
work=
finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  if [[ -n $child ]]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  [[ -z $work ]] || rm -rf --one-file-system "$work"
  exit "$status"
}

# work_dir BESIDE NAME: sets work to a new folder beside what is to be made. It is removed
# at the end; what runs left there that were killed, now.
work_dir() {
  local found
  mkdir -p "$1"
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  for found in "$1/.$2".*; do
    [[ -d $found && ! -e /proc/${found##*.} ]] || continue
    rm -rf --one-file-system "$found"
  done
  work=$1/.$2.$$
  mkdir "$work"
}

# limited SECONDS COMMAND…: under a deadline, and so that a signal to us ends it.
limited() {
  local status=0
  timeout -k 10 "$@" &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}
