#!/usr/bin/env bash
# After a reboot the pods' dirs and the plugin's folder are there, empty and without mounts:
# the next call starts from that.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mkdir -p "$staging/hyper~~left-over"
unmount_pod a
mount_pod a "$name" size=64Mi
write_data "$a"
rm -rf "$runtime_dir"
unmount_pod a
nothing_mapped
mount_pod a "$name"
check_data "$a"
unmount_pod a
rm -rf "$runtime_dir"
unmount_pod a
nothing_left "$name"
