#!/usr/bin/env bash
# A cluster that cannot be reached, from the first moment or in the middle of a call: the
# call ends in time, and what it had begun is taken back once that is possible.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

configure timeoutSeconds=10
a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
volume=$(options "$name" volume=data pod=a)

# ended_in_time BEGAN: the deadline and five seconds for the ways of a slow kernel.
ended_in_time() {
  local seconds=$((SECONDS - $1))
  ((seconds <= 16)) || die "the call took $seconds seconds"
}
# retried VERB ARG…: as kubelet does it; what the call before left with the kernel may come
# to its end only now. No failure may blame the file system.
retried() {
  local began=$SECONDS
  call "$@"
  while [[ $status != Success ]]; do
    printf 'retried after: %s\n' "$message"
    [[ $message != *damaged* ]] || die "the file system is sound: $message"
    ((SECONDS - began < 40)) || die "no Success after 40 seconds: $reply"
    sleep 0.5
    call "$@"
  done
}

ip link set vec0 down
began=$SECONDS
fail mount "$a" "$volume" -- "$name"
ended_in_time "$began"
ip link set vec0 up
nothing_mapped

# cut_off LINES VERB ARG…: the cluster is out of reach after so many steps, until the call has
# ended. A call that was too late for the cut succeeds.
cut_off() {
  local lines=$1 began i
  shift
  configure timeoutSeconds=10
  start_verbose "$@"
  began=$SECONDS
  reply=
  for ((i = 0; i < lines; i++)); do
    IFS= read -r reply <&3 || break
    [[ $reply != '{'* ]] || break
  done
  ip link set vec0 down
  while [[ $reply != '{'* ]]; do
    IFS= read -r reply <&3 || break
  done
  ended_in_time "$began"
  exec 3<&-
  for ((i = 0; i < 50; i++)); do
    [[ -e /proc/$pid ]] || break
    sleep 0.1
  done
  # kubelet waits for the process's end: a thread that is held in the kernel would keep it.
  [[ ! -e /proc/$pid ]] || die "the call answered, and does not end: $reply $(tail -n +1 "/proc/$pid"/task/*/{comm,stack} 2>&1)"
  wait "$pid"
  ip link set vec0 up
  read_reply 0 "$*"
  printf 'cut off after %s steps: %s %s\n' "$lines" "$status" "$message"
  if [[ $1 == mount && $status == Failure && -n $(devices) ]]; then
    says "$(one_device)"
  fi
  configure
}

cuts=0
for lines in 0 2 3 4; do
  cut_off "$lines" mount "$a" "$volume"
  [[ $status == Success ]] || cuts=$((cuts + 1))
  retried mount "$a" "$volume"
  check_data "$a"
  unmount_pod a
  nothing_mapped
done
((cuts >= 2)) || die "only $cuts of the cuts came in time"

for lines in 0 1 2; do
  retried mount "$a" "$volume"
  write_data "$a"
  cut_off "$lines" unmount "$a"
  retried unmount "$a"
  nothing_mapped
done
retried mount "$a" "$volume"
check_data "$a"
unmount_pod a
nothing_left "$name"
