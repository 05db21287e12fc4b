#!/usr/bin/env bash
# Each call may come again: nothing is mounted twice, and what is gone is gone.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
for _ in 1 2 3; do
  mount_pod a "$name" size=64Mi
  [[ $(mounts_at "$a") == 1 ]] || die "the pod's dir is mounted $(mounts_at "$a") times"
done
write_data "$a"
one_device >/dev/null
mount_pod b "$name"
mount_pod b "$name"
unmount_pod b
unmount_pod b
check_data "$a"
for _ in 1 2 3; do
  unmount_pod a
  nothing_mapped
done
rmdir "$a"
unmount_pod a
nothing_left "$name"
