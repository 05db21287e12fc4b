#!/usr/bin/env bash
# A node that went down with the image mounted: the journal is replayed, what was synced is
# there.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

configure forceUnmap=true
for fs in ext4 xfs; do
  a=$(pod_dir "$fs")
  mount_pod "$fs" "$name-$fs" size=320Mi fsType="$fs"
  write_data "$a"
  sync -f "$a"
  device=$(one_device)
  printf '%s force\n' "${device#rbd}" >/sys/bus/rbd/remove_single_major
  umount "$a"
  grep -o ' /mnt/staging[^ ]*' /proc/self/mountinfo | xargs -r umount
  mount_pod "$fs" "$name-$fs" fsType="$fs"
  check_data "$a"
  unmount_pod "$fs"
  nothing_left "$name-$fs"
done
