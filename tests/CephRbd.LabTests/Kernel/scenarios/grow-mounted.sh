#!/usr/bin/env bash
# expandvolume and expandfs grow image, device and file system under a mounted pod.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

for fs in ext4 xfs; do
  a=$(pod_dir "$fs")
  volume=$(options "$name-$fs" fsType="$fs" volume=data)
  mount_pod "$fs" "$name-$fs" size=320Mi fsType="$fs"
  write_data "$a"
  node=/dev/$(one_device)
  before=$(stat -f -c '%b' "$a")
  succeed expandvolume "$volume" "$a" $((640 << 20)) $((320 << 20))
  [[ $(jq -r .volumeNewSize <<<"$reply") == $((640 << 20)) ]] || die "another size is told: $reply"
  succeed expandfs "$volume" "$node" "$a" $((640 << 20)) $((320 << 20))
  after=$(stat -f -c '%b' "$a")
  ((after * 10 > before * 17)) || die "$fs had $before blocks and has $after"
  check_data "$a"
  succeed expandfs "$volume" "$node" "$a" $((640 << 20)) $((320 << 20))
  unmount_pod "$fs"
  nothing_left "$name-$fs"
done
