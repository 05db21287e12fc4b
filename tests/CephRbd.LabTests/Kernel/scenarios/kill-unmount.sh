#!/usr/bin/env bash
# An unmount that is killed, after each of its steps and at any moment: the next one puts
# it right, and so does a mount.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
volume=$(options "$name" volume=data pod=a)
succeed mount "$a" "$(options "$name" volume=data pod=a size=64Mi)"
write_data "$a"

lines=0
while killed_after "$lines" unmount "$a"; do
  unmount_pod a
  nothing_mapped
  succeed mount "$a" "$volume"
  check_data "$a"
  lines=$((lines + 1))
done
nothing_mapped
((lines >= 2)) || die "only $lines steps were told"
succeed mount "$a" "$volume"
for moment in $(moments 0.02 0.06 0.1 0.15 0.2 0.3 0.4); do
  killed_at "$moment" unmount "$a" || true
  succeed mount "$a" "$volume"
  [[ $(mounts_at "$a") == 1 ]] || die "mounted $(mounts_at "$a") times"
  check_data "$a"
done
unmount_pod a
nothing_left "$name"
