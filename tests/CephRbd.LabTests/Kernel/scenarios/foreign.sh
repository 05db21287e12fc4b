#!/usr/bin/env bash
# A pod's dir with somebody else's mount or files in it is refused, and left as it is.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
mount -t tmpfs stranger "$a"
printf 'x\n' >"$a/file"
fail mount "$a" "$(options "$name" size=64Mi)" -- "$a" tmpfs
[[ $(mounts_at "$a") == 1 && $(<"$a/file") == x ]] || die 'the mount was touched'
fail unmount "$a" -- "$a"
[[ $(<"$a/file") == x ]] || die 'the mount was touched'
umount "$a"
nothing_mapped

printf 'x\n' >"$a/file"
fail mount "$a" "$(options "$name" size=64Mi)" -- "$a" file
[[ $(<"$a/file") == x ]] || die 'the file was touched'
rm "$a/file"
nothing_mapped

# The other way round: another image of ours stands there.
mount_pod a "$name" size=64Mi
fail mount "$a" "$(options "$name-other" size=64Mi)" -- "$name"
find_mount "$a"
unmount_pod a
nothing_left "$name"
