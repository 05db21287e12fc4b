#!/usr/bin/env bash
# A first mount that is killed while it makes the image, its file system, the device and
# the mount: the next call goes on, and what it mounts is sound.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
configure timeoutSeconds=100
for lines in 3 9 13 16 18 20 22 24; do
  volume=$(options "$name-$lines" volume=data pod=a size=64Mi)
  if ! killed_after "$lines" mount "$a" "$volume"; then
    unmount_pod a
    break
  fi
  succeed mount "$a" "$volume"
  write_data "$a"
  unmount_pod a
  nothing_mapped
  node=$(map "$name-$lines")
  e2fsck -fn "$node"
  unmap "$node"
done
nothing_mapped
