# shellcheck shell=bash
# How the stages of the pipeline speak with the nodes, and how what they try is counted. Needs
# common.sh, root, work (the run's folder).
# shellcheck disable=SC2034,SC2154

passed=0
failed=0

# bench VERB ARGUMENT…: of the stage's own set of nodes.
bench() {
  local verb=$1
  shift
  "$root/deploy/lab/nodes/nodes.sh" "$verb" --dir "$nodes" "$@"
}

# on NODE COMMAND…; limit: how many seconds it has.
on() {
  local node=$1
  shift
  bench run "$node" --seconds "${limit:-120}" "$@"
}

# sh_on NODE CODE: as it is typed there, and it ends with the first command that fails.
sh_on() { on "$1" bash -euo pipefail -c "$2"; }

# fail WORDS: ends the trial; its caller counts it.
fail() {
  printf 'FAILED: %s\n' "$*"
  exit 1
}

# expect WANTED COMMAND…: its output, to the letter.
expect() {
  local wanted=$1 seen
  shift
  seen=$("$@") || fail "'$*' ended with $?: $seen"
  [[ $seen == "$wanted" ]] || fail "'$*' said '$seen', not '$wanted'"
}

# says WORDS COMMAND…: it succeeds, and its output has these words.
says() {
  local words=$1 seen
  shift
  seen=$("$@" 2>&1) || fail "'$*' ended with $?: $seen"
  [[ $seen == *"$words"* ]] || fail "'$*' did not say '$words' but: $seen"
}

# refuses WORDS COMMAND…: it fails, and says these words.
refuses() {
  local words=$1 seen
  shift
  if seen=$("$@" 2>&1); then
    fail "'$*' succeeded: $seen"
  fi
  [[ $seen == *"$words"* ]] || fail "'$*' did not say '$words' but: $seen"
}

# try NAME FUNCTION…: runs it in a shell of its own, all it says into a file; that is shown when
# it fails. Never a part of a condition: in there, bash lets failing commands pass. So it always
# succeeds, and tells by held.
held=
try() {
  local name=$1 began status=0 log=$work/log/$((passed + failed + 1)).${nodes##*/}
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
    printf '  ok      %s (%d s)\n' "$name" $((($(now_ms) - began) / 1000))
    return
  fi
  held=
  failed=$((failed + 1))
  printf '  FAILED  %s (status %d, %d s)\n' "$name" "$status" $((($(now_ms) - began) / 1000))
  sed 's/^/          | /' "$log" | tail -n 60
}

# need NAME FUNCTION…: what all that follows is built on.
need() {
  try "$@"
  if [[ -z $held ]]; then
    printf '  the rest of this stage needs that: it is not tried\n'
    exit 1
  fi
}

# Counts and all, for the caller of a stage that ran in a shell of its own.
report() { printf '%d %d\n' "$passed" "$failed" >"$work/counts.$1"; }

osds_up() { [[ $(on node1 timeout 20 ceph --connect-timeout 8 osd stat 2>/dev/null) == *" $1 up"* ]]; }
all_clean() {
  on node1 timeout 20 ceph --connect-timeout 8 pg stat --format json 2>/dev/null |
    jq -e '(.pg_summary // .) as $s | $s.num_pgs > 0 and ([$s.num_pg_by_state[] | select(.name == "active+clean") | .num] | add) == $s.num_pgs' >/dev/null
}

# The manager hears of placement groups every five seconds: what it says must hold for longer.
stays_clean() { all_clean && sleep 6 && all_clean && osds_up 3; }

# healthy SECONDS: all OSDs of the three nodes up and all placement groups clean.
healthy() {
  wait_until "$1" osds_up 3 || fail "not all OSDs are up after $1 s: $(on node1 timeout 20 ceph osd tree)"
  wait_until "$1" stays_clean || fail "not all placement groups are clean after $1 s: $(on node1 timeout 20 ceph -s)"
}

# osd_of NODE: its number.
osd_of() { on "$1" sh -c 'ls /var/lib/ceph/osd | sed s/ceph-//'; }

# osd_state NUMBER: "up EPOCH": whether it is up, and since which map. A count of OSDs that are up
# would not tell one that has not been missed yet from one that is back.
osd_state() {
  on node1 timeout 20 ceph --connect-timeout 8 osd dump 2>/dev/null |
    sed -nE "s/^osd\\.$1 (up|down) .* up_from ([0-9]+) .*/\\1 \\2/p"
}
is_down() { [[ $(osd_state "$1") == down\ * ]]; }
is_up_again() { [[ $(osd_state "$1") =~ ^up\ ([0-9]+)$ ]] && ((BASH_REMATCH[1] > $2)); }

# finding NODE CHECK [OPTION…]: "STATE EVIDENCE -> REMEDY" of a check of doctor's; several of one
# name are lines.
finding() {
  local node=$1 check=$2
  shift 2
  on "$node" bash -c 'timeout 30 /opt/cephrbd/cephrbd doctor --json "$@" || (($? == 1))' - "$@" |
    jq -r --arg name "$check" '.checks[] | select(.name == $name) | "\(.state) \(.evidence) -> \(.remedy)"'
}

# finds NODE CHECK STATE [WORDS]: the check is in that state, and says the words.
finds() {
  local seen
  seen=$(finding "$1" "$2")
  [[ $'\n'$seen == *$'\n'"$3 "* && $seen == *"${4:-}"* ]] || fail "doctor on $1, $2: not '$3 …${4:-}…' but: ${seen:-nothing}"
  printf '%s\n' "$seen"
}
