#!/usr/bin/env bash
# mapper nbd: mapped by rbd-nbd even if krbd could; shared by two pods; found again by later
# calls, which know nothing but the node; the option wins over the config.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a) b=$(pod_dir b)
mount_pod a "$name" size=64Mi mapper=nbd
node=$(one_device)
[[ $node == nbd* ]] || die "mapped as $node"
write_data "$a"
mount_pod b "$name" mapper=nbd
[[ $(one_device) == "$node" ]] || die 'mapped twice'
check_data "$b"
unmount_pod a
rm -rf "$runtime_dir"
mount_pod a "$name" mapper=nbd
[[ $(one_device) == "$node" ]] || die 'not found again'
check_data "$a"
unmount_pod a
unmount_pod b
nothing_left "$name"

configure mapper='"nbd"'
mount_pod a "$name" access=ro
device=$(one_device)
[[ $device == nbd* && $(<"/sys/block/$device/ro") == 1 ]] || die "$device is not read-only nbd"
check_data "$a"
unmount_pod a
mount_pod a "$name" mapper=krbd
[[ $(one_device) == rbd* ]] || die 'the option did not win'
check_data "$a"
unmount_pod a
nothing_left "$name"
