#!/usr/bin/env bash
# A file system with the error flag and a wrong count is repaired before it is mounted:
# the kernel never sees it wrong.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
node=$(map "$name")
debugfs -w -R 'set_super_value state 2' "$node"
debugfs -w -R 'set_block_group 0 free_blocks_count 7' "$node"
unmap "$node"
dmesg -C
mount_pod a "$name"
check_data "$a"
if dmesg | grep -E 'EXT4-fs.*(error|warning)'; then
  die 'the kernel mounted it wrong'
fi
unmount_pod a
node=$(map "$name")
e2fsck -fn "$node"
[[ $(dumpe2fs -h "$node" 2>/dev/null | grep '^Filesystem state') == *' clean' ]] || die 'not clean'
unmap "$node"
nothing_left "$name"
