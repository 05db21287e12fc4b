#!/usr/bin/env bash
# A device that went away under its mount: unmount clears away, and mount mounts anew.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
take_device() {
  local device
  device=$(one_device)
  printf '%s force\n' "${device#rbd}" >/sys/bus/rbd/remove_single_major
}
mount_pod a "$name" size=64Mi
write_data "$a"
sync -f "$a"
take_device
unmount_pod a
nothing_mapped
mount_pod a "$name"
check_data "$a"
take_device
mount_pod a "$name"
check_data "$a"
printf 'x\n' >"$a/new"
unmount_pod a
nothing_left "$name"
