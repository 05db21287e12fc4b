#!/usr/bin/env bash
# With mapper auto, an image that krbd cannot map is mapped by rbd-nbd; without rbd-nbd on
# the node the failure says what to do.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
admin rbd create --size 64M --image-feature layering,exclusive-lock,journaling "hyper/$name"
mount_pod a "$name"
[[ $(one_device) == nbd* ]] || die "mapped as $(one_device)"
write_data "$a"
unmount_pod a
nothing_left "$name"
mount_pod a "$name"
check_data "$a"
unmount_pod a
nothing_left "$name"

modprobe -d /run/uml overlay
mkdir /run/upper /run/work
mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=/run/upper,workdir=/run/work /usr/bin
rm /usr/bin/rbd-nbd
fail mount "$a" "$(options "$name")" -- journaling "rbd feature disable hyper/$name journaling" rbd-nbd
fail mount "$a" "$(options "$name" mapper=nbd)" -- rbd-nbd install
umount -l /usr/bin
nothing_left "$name"
