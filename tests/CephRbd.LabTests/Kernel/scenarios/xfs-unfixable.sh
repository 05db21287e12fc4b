#!/usr/bin/env bash
# An XFS that cannot be mounted: xfs_repair -n is asked, its words are told, and it changes
# nothing.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=320Mi fsType=xfs
unmount_pod a
node=$(map "$name")
dd if=/dev/urandom of="$node" bs=512 seek=1 count=3 conv=notrunc,fsync status=none
before=$(sha256sum <"$node")
unmap "$node"
fail mount "$a" "$(options "$name" fsType=xfs)" -- xfs_repair "$name"
nothing_left "$name"
node=$(map "$name")
[[ $(sha256sum <"$node") == "$before" ]] || die 'the image has changed'
unmap "$node"
