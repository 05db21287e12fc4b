#!/usr/bin/env bash
# With udevd on the node, whose rules open each new device for a moment.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir /run/udev
/lib/systemd/systemd-udevd --daemon
udevadm settle
a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
for _ in 1 2 3 4 5; do
  mount_pod a "$name"
  check_data "$a"
  unmount_pod a
  nothing_mapped
done
mount_pod a "$name" mapper=nbd
check_data "$a"
unmount_pod a
nothing_left "$name"
udevadm settle
udevadm control --exit
