#!/usr/bin/env bash
# A mount that is killed and never repeated: the unmount alone clears it away. That is what
# kubelet calls when the pod was deleted meanwhile.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
volume=$(options "$name" volume=data pod=a)

lines=0
while killed_after "$lines" mount "$a" "$volume"; do
  unmount_pod a
  nothing_mapped
  lines=$((lines + 1))
done
check_data "$a"
unmount_pod a
nothing_left "$name"
