#!/usr/bin/env bash
# Two pods of one node share an image: one device, one mount; the last unmount lets go.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a) b=$(pod_dir b)
mount_pod a "$name" size=64Mi
node=$(one_device)
write_data "$a"
mount_pod b "$name"
[[ $(one_device) == "$node" ]] || die 'the second pod has another device'
check_data "$b"
unmount_pod a
[[ $(mounts_at "$a") == 0 ]] || die 'the first pod still has its mount'
check_data "$b"
printf 'more\n' >"$b/more"
[[ $(one_device) == "$node" ]] || die 'the device went with the first pod'
mount_pod a "$name"
[[ $(<"$a/more") == more ]] || die 'the first pod does not see what the second wrote'
unmount_pod b
check_data "$a"
unmount_pod a
nothing_left "$name"
