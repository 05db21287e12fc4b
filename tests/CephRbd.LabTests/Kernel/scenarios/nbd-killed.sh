#!/usr/bin/env bash
# An rbd-nbd that was killed: its mount is recognised as dead, cleared away by unmount and
# by mount, and mounted anew with the data that had been synced.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
configure mapper='"nbd"'
kill_nbd() {
  local node
  node=$(one_device)
  kill -9 "$(<"/sys/block/$node/pid")"
  sleep 1
}
mount_pod a "$name" size=64Mi
write_data "$a"
sync -f "$a"
kill_nbd
unmount_pod a
nothing_mapped
mount_pod a "$name"
check_data "$a"
kill_nbd
mount_pod a "$name"
check_data "$a"
printf 'again\n' >"$a/again"
unmount_pod a
nothing_left "$name"
