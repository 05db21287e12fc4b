#!/usr/bin/env bash
# What e2fsck -p cannot repair is not mounted: the failure has e2fsck's words, and the
# image is left to its owner.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
node=$(map "$name")
uuid=$(uuid_of "$node")
debugfs -w -R 'clri <2>' "$node"
debugfs -w -R 'set_super_value state 2' "$node"
unmap "$node"
fail mount "$a" "$(options "$name")" -- e2fsck "$name" 'UNEXPECTED INCONSISTENCY'
nothing_left "$name"
node=$(map "$name")
[[ $(uuid_of "$node") == "$uuid" ]] || die 'the image was formatted'
e2fsck -fy "$node" || true
unmap "$node"
mount_pod a "$name"
[[ -n $(find "$a/lost+found" -type f -size 300000c) ]] || die 'the data is gone'
unmount_pod a
nothing_left "$name"
