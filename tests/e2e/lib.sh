# shellcheck shell=bash
# How what is tried is run, told and counted. Needs common.sh and work, the run's folder.
# shellcheck disable=SC2154

passed=0
failed=0

# fail WORDS: ends the trial; its caller counts it.
fail() {
  printf 'FAILED: %s\n' "$*"
  exit 1
}

# expect WHAT WANTED SEEN
expect() { [[ $3 == "$2" ]] || fail "$1: not '$2' but '$3'"; }

# within SECONDS WHAT COMMAND…: it succeeds by then.
within() {
  local seconds=$1 what=$2
  shift 2
  wait_until "$seconds" "$@" || fail "$what: not within $seconds s"
}

count() { printf '%d %d\n' "$passed" "$failed" >"$work/counts"; }

# try NAME FUNCTION…: in a shell of its own, all it says into a file, which is shown when it
# fails. Never a part of a condition: in there, bash lets failing commands pass.
held=
try() {
  local name=$1 began status=0 log
  log=$work/log/$((passed + failed + 1)).try
  shift
  began=$(now_ms)
  (
    set -euo pipefail
    "$@"
  ) >"$log" 2>&1 </dev/null &
  wait $! || status=$?
  if ((status == 0)); then
    passed=$((passed + 1))
    held=yes
    printf 'ok %d - %s (%d s)\n' "$((passed + failed))" "$name" $((($(now_ms) - began) / 1000))
  else
    failed=$((failed + 1))
    held=
    printf 'not ok %d - %s (status %d, %d s)\n' "$((passed + failed))" "$name" "$status" $((($(now_ms) - began) / 1000))
    tail -n 40 "$log" | cut -c1-900 | sed 's/^/  | /'
  fi
  count
}

# need NAME FUNCTION…: what all that follows is built on.
need() {
  try "$@"
  [[ -n $held ]] || die 'the rest needs that: it is not tried'
}
