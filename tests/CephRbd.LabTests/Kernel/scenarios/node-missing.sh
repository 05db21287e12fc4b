#!/usr/bin/env bash
# A /dev that is a plain tmpfs, in which nobody makes nodes: the driver makes the device's
# node, and takes it away again.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
mount -t tmpfs dev /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/urandom c 1 9
ln -s /proc/self/fd /dev/fd
for _ in 1 2; do
  mount_pod a "$name"
  check_data "$a"
  unmount_pod a
  nothing_mapped
done
umount -l /dev
nothing_left "$name"
