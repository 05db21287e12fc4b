# shellcheck shell=bash
# Daemons that outlive the script that started them. A pid file holds the pid and
# the process's start time, so that a pid the kernel gave to someone else is never
# taken for ours. Needs common.sh.

# start_time PID: clock ticks after boot; fails when there is no such process or
# it is a zombie.
start_time() {
  local stat
  local -a field
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  # The command name in the second field may hold blanks and parentheses.
  read -r -a field <<<"${stat##*) }"
  [[ ${field[0]} != [ZX] ]] || return 1
  printf '%s\n' "${field[19]}"
}

# has_argument PID TEXT: whether one of the process's arguments is TEXT.
has_argument() {
  local -a arguments
  local argument
  { mapfile -d '' arguments <"/proc/$1/cmdline"; } 2>/dev/null || return 1
  for argument in "${arguments[@]}"; do
    [[ $argument != "$2" ]] || return 0
  done
  return 1
}

# became PID COMMAND MARK: whether the process runs the command by now, or is gone.
# On its way there it is the shell's child and then setsid, with other arguments, and
# during each exec it has none.
became() {
  local first=
  { IFS= read -r -d '' first <"/proc/$1/cmdline"; } 2>/dev/null || true
  if [[ $first == "$2" ]] && has_argument "$1" "$3"; then
    return
  fi
  ! start_time "$1" >/dev/null
}

# start_daemon PIDFILE OUTPUT MARK COMMAND…: runs the command in a session of its
# own, its output in the file OUTPUT. MARK must be one of the command's arguments:
# it helps to tell the process from a stranger later.
start_daemon() {
  local pidfile=$1 output=$2 mark=$3 pid since
  shift 3
  setsid "$@" </dev/null >>"$output" 2>&1 7>&- 8>&- 9>&- &
  pid=$!
  since=$(start_time "$pid") || die "$1 did not start, see $output"
  printf '%s %s\n' "$pid" "$since" >"$pidfile"
  wait_until 5 became "$pid" "$1" "$mark" || die "$1 did not start, see $output"
}

# daemon_pid PIDFILE MARK: the pid, if the recorded process is still the same one.
daemon_pid() {
  local pid since
  [[ -r $1 ]] && read -r pid since <"$1" || return 1
  [[ $pid =~ ^[0-9]+$ && $(start_time "$pid") == "$since" ]] || return 1
  has_argument "$pid" "$2" || return 1
  printf '%s\n' "$pid"
}

no_daemon_left() {
  local mark=$1 pidfile
  shift
  for pidfile; do
    ! daemon_pid "$pidfile" "$mark" >/dev/null || return 1
  done
}

# signal_daemons SIGNAL MARK PIDFILE…
signal_daemons() {
  local signal=$1 mark=$2 pidfile pid
  shift 2
  for pidfile; do
    if pid=$(daemon_pid "$pidfile" "$mark"); then
      kill -s "$signal" "$pid" 2>/dev/null || start_time "$pid" >/dev/null || continue
    fi
  done
}

# stop_daemons MARK PIDFILE…: TERM, after five seconds KILL. Fails if one survives.
stop_daemons() {
  signal_daemons TERM "$@"
  # A frozen process takes the TERM only once it goes on.
  signal_daemons CONT "$@"
  wait_until 5 no_daemon_left "$@" && return
  signal_daemons KILL "$@"
  wait_until 5 no_daemon_left "$@"
}
