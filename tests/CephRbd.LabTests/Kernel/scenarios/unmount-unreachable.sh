#!/usr/bin/env bash
# A cluster that is out of reach when a pod ends: unmount and detach end in time and say
# so, and what they had to leave is finished once the cluster answers.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

# in_time VERB ARG…: a Failure within the deadline and five seconds for the ways of a slow
# kernel.
in_time() {
  local began=$SECONDS
  call "$@"
  ((SECONDS - began <= 16)) || die "$1 took $((SECONDS - began)) seconds"
}

# until_success VERB ARG…: as kubelet repeats it.
until_success() {
  local tries
  for tries in {1..12}; do
    call "$@"
    [[ $status != Success ]] || return 0
    sleep 2
  done
  die "no Success of: $* after $tries tries: $reply"
}

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
configure timeoutSeconds=10
ip link set vec0 down
in_time unmount "$a"
[[ $status == Failure ]] || die "an unmount whose data reached nobody succeeded: $reply"
says "$name" ceph
# What waits for the cluster does not wait for us.
in_time unmount "$a"
ip link set vec0 up
until_success unmount "$a"
nothing_mapped
configure
mount_pod a "$name"
check_data "$a"
unmount_pod a

# Nothing is to be written here, but the kernel has a watch to take back.
configure attach=true timeoutSeconds=10
succeed attach "$(options "$name" volume=data)" "$(uname -n)"
ip link set vec0 down
in_time detach data "$(uname -n)"
ip link set vec0 up
until_success detach data "$(uname -n)"
nothing_mapped

# The kernel was cut off before it had taken its watch and its lock back: whoever mounts
# next waits for their end, and has the data.
configure timeoutSeconds=90
mount_pod a "$name"
check_data "$a"
unmount_pod a
nothing_mapped
