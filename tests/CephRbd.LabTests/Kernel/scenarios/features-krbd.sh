#!/usr/bin/env bash
# An image with a feature that the kernel lacks, and mapper krbd: the failure names the
# feature and the line that takes it away; that line helps.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
configure mapper='"krbd"'
admin rbd create --size 64M --image-feature layering,exclusive-lock,journaling "hyper/$name"
fail mount "$a" "$(options "$name")" -- journaling "rbd feature disable hyper/$name journaling"
nothing_left "$name"
line=$(grep -o "rbd feature disable hyper/$name journaling" <<<"$message" | head -n 1)
read -r -a words <<<"$line"
admin "${words[@]}"
mount_pod a "$name"
[[ $(one_device) == rbd* ]] || die 'not mapped by krbd'
unmount_pod a
nothing_left "$name"
