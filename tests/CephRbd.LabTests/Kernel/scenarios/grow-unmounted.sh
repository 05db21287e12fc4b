#!/usr/bin/env bash
# An image that grew while it was not mounted, by expandvolume or by rbd resize: the next
# mount grows the file system. A read-only mount leaves it.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

for fs in ext4 xfs; do
  a=$(pod_dir "$fs")
  volume=$(options "$name-$fs" fsType="$fs" volume=data)
  mount_pod "$fs" "$name-$fs" size=320Mi fsType="$fs"
  write_data "$a"
  first=$(stat -f -c '%b' "$a")
  unmount_pod "$fs"
  succeed expandvolume "$volume" /mnt/plugins/none $((640 << 20)) $((320 << 20))
  succeed expandfs "$volume" '' /mnt/plugins/none $((640 << 20)) $((320 << 20))
  nothing_left "$name-$fs"
  mount_pod "$fs" "$name-$fs" fsType="$fs"
  second=$(stat -f -c '%b' "$a")
  ((second * 10 > first * 17)) || die "$fs had $first blocks and has $second"
  check_data "$a"
  unmount_pod "$fs"
  admin rbd resize --no-progress --size 960M "hyper/$name-$fs"
  mount_pod "$fs" "$name-$fs" fsType="$fs" access=ro
  [[ $(stat -f -c '%b' "$a") == "$second" ]] || die 'a read-only mount grew the file system'
  unmount_pod "$fs"
  mount_pod "$fs" "$name-$fs" fsType="$fs"
  third=$(stat -f -c '%b' "$a")
  ((third * 10 > second * 13)) || die "$fs had $second blocks and has $third"
  check_data "$a"
  unmount_pod "$fs"
  nothing_left "$name-$fs"
done
