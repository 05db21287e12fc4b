#!/usr/bin/env bash
# An XFS that cannot be mounted: xfs_repair -n is asked, its words are told, and nothing is
# repaired. (The kernel's own try to mount it writes to superblock and log.)
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

# metadata_sum NODE: of the first 32 MiB behind the superblock.
metadata_sum() {
  dd if="$1" bs=512 skip=1 count=65535 status=none | sha256sum
}

a=$(pod_dir a)
mount_pod a "$name" size=320Mi fsType=xfs
unmount_pod a
node=$(map "$name")
uuid=$(uuid_of "$node")
dd if=/dev/urandom of="$node" bs=512 seek=1 count=3 conv=notrunc,fsync status=none
before=$(metadata_sum "$node")
unmap "$node"
fail mount "$a" "$(options "$name" fsType=xfs)" -- xfs_repair "$name"
nothing_left "$name"
node=$(map "$name")
[[ $(metadata_sum "$node") == "$before" && $(uuid_of "$node") == "$uuid" ]] || die 'the image has changed'
unmap "$node"
