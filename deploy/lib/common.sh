# shellcheck shell=bash
# Messages, elapsed time and deadlines for the project's scripts. Source it; it
# runs nothing. Progress goes to stderr: stdout belongs to a script's answer.

# Milliseconds since some fixed moment, unmoved by changes of the clock.
now_ms() {
  local up _
  read -r up _ </proc/uptime
  printf '%d\n' "$((10#${up/./} * 10))"
}

started_ms=$(now_ms)

# Seconds since the script started, with one decimal.
elapsed() {
  local ms=$(($(now_ms) - started_ms))
  printf '%d.%d' "$((ms / 1000))" "$((ms % 1000 / 100))"
}

# A headline for a step that takes time.
step() {
  printf '[%6ss] %s\n' "$(elapsed)" "$*" >&2
}

warn() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
  warn "$*"
  exit 1
}

# on_exit FUNCTION: runs it however the script ends; a signal ends it with the usual status.
on_exit() {
  # shellcheck disable=SC2064 # The name is meant now.
  trap "$1" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
}

# need_value OPTION COUNT: an option's value must follow it.
need_value() {
  (($2 >= 2)) || die "$1 needs a value"
}

# wait_until SECONDS COMMAND…: runs the command until it succeeds; 1 when the
# time is over. The command itself must be short or bounded.
wait_until() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@"; do
    (($(now_ms) < deadline)) || return 1
    sleep 0.05
  done
}
