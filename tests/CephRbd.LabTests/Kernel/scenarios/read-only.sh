#!/usr/bin/env bash
# A read-only volume is mapped and mounted read-only; nothing of the image changes, a blank
# one is not formatted, and one with an error in its file system is not repaired.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount_pod a "$name" size=64Mi
write_data "$a"
unmount_pod a
node=$(map "$name")
# The kernel mounts such a file system; e2fsck would take the flag off.
debugfs -w -R 'set_super_value state 3' "$node"
before=$(sha256sum <"$node")
unmap "$node"

mount_pod a "$name" access=ro
device=$(one_device)
[[ $(<"/sys/block/$device/ro") == 1 ]] || die 'the device is mapped for writing'
find_mount "$a"
[[ ,$mount_options, == *,ro,* && ,$super_options, == *,ro,* ]] || die "the mount is not read-only: $mount_options $super_options"
if (: >"$a/new") 2>/dev/null; then
  die 'a file could be made'
fi
check_data "$a"
mount_pod b "$name" access=ro
unmount_pod a
unmount_pod b
nothing_left "$name"
node=$(map "$name")
[[ $(sha256sum <"$node") == "$before" ]] || die 'the image has changed'
unmap "$node"

admin rbd create --size 64M "hyper/$name-blank"
fail mount "$(pod_dir a)" "$(options "$name-blank" access=ro)" -- 'read-only' "$name-blank"
node=$(map "$name-blank")
cmp -n $((64 << 20)) "$node" /dev/zero || die 'the blank image was written'
unmap "$node"
fail mount "$(pod_dir a)" "$(options "$name-none" access=ro size=64Mi)" -- 'does not exist'
nothing_left "$name" "$name-blank"
