#!/usr/bin/env bash
# Data written before an unmount is there after the next mount, with ext4 and with XFS.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

for fs in ext4 xfs; do
  dir=$(pod_dir "$fs")
  mount_pod "$fs" "$name-$fs" size=512Mi fsType="$fs"
  find_mount "$dir"
  [[ $mount_type == "$fs" ]] || die "$mount_type is mounted"
  write_data "$dir"
  unmount_pod "$fs"
  nothing_left "$name-$fs"
  mount_pod "$fs" "$name-$fs" fsType="$fs"
  check_data "$dir"
  unmount_pod "$fs"
  nothing_left "$name-$fs"
done
