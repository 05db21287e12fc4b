#!/usr/bin/env bash
# An image that somebody mapped before is not mapped again.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

mount_pod a "$name" size=64Mi
write_data "$(pod_dir a)"
unmount_pod a
node=$(map "$name")
mount_pod a "$name"
[[ /dev/$(one_device) == "$node" ]] || die "$node was mapped, but $(one_device) is used"
check_data "$(pod_dir a)"
unmount_pod a
nothing_left "$name"

# A snapshot's device is not the image's.
admin rbd snap create --no-progress "hyper/$name@s"
node=$(map "$name@s")
mount_pod a "$name"
find_mount "$(pod_dir a)"
[[ $mount_source != "$node" && ,$mount_options, == *,rw,* ]] || die 'the snapshot is mounted'
printf 'x\n' >"$(pod_dir a)/written"
unmount_pod a
[[ /dev/$(one_device) == "$node" ]] || die "the snapshot's device is gone"
unmap "$node"
nothing_left "$name"
