#!/usr/bin/env bash
# The clock jumps while calls run, by ten years and by a day, forth and back: mounts, unmounts
# and reservations go on, the data is whole, and no call outlasts its deadline.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

uptime_seconds() {
  local up
  read -r up _ </proc/uptime
  printf '%s\n' "${up%.*}"
}
base=$(($(date +%s) - $(uptime_seconds)))
set_right() { date -s "@$((base + $(uptime_seconds)))" >/dev/null; }

# jumping JUMP VERB ARG…: one call, and the clock jumps after a moment.
jumping() {
  local jump=$1 exit_status=0 delay
  shift
  delay=0.$((RANDOM % 4 + 1))
  "$share/cephrbd" "$@" >/run/said 2>&1 </dev/null &
  pid=$!
  sleep "$delay"
  date -s "$jump" >/dev/null
  wait "$pid" || exit_status=$?
  reply=$(</run/said)
  read_reply "$exit_status" "$*"
  [[ $status == Success ]] || die "clock $jump during $1: $reply"
}

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
volume=$(options "$name" volume=data pod=a)
for jump in '+10 years' '-10 years' '+1 day' '-1 day'; do
  jumping "$jump" mount "$a" "$volume"
  check_data "$a"
  succeed mount "$a" "$volume"
  set_right
  jumping "$jump" unmount "$a"
  nothing_mapped
  succeed mount "$a" "$volume"
  check_data "$a"
  set_right
  unmount_pod a
done

# A monitor that nobody is: the call ends by its deadline of 6 s, whatever the clock says. Sooner it may:
# librados gives up by the wall clock.
printf '[global]\nmon_host = 172.16.4.199\n' >/run/dead.conf
configure confFile='"/run/dead.conf"' timeoutSeconds=6
for jump in '+10 years' '-10 years'; do
  start=$(uptime_seconds)
  "$share/cephrbd" mount "$a" "$volume" >/run/said 2>&1 </dev/null &
  pid=$!
  sleep 1
  date -s "$jump" >/dev/null
  wait "$pid"
  took=$(($(uptime_seconds) - start))
  [[ $(</run/said) == *Failure* ]] || die "no Failure: $(</run/said)"
  ((took <= 12)) || die "clock $jump: a call with a deadline of 6 s took $took s"
  set_right
done
configure
mount_pod a "$name"
check_data "$a"
unmount_pod a
jq -es 'all(.[]; has("@t"))' "$log_file" >/dev/null || die 'a line of the log has no time'
nothing_left "$name"
