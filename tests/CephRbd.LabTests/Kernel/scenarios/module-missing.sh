#!/usr/bin/env bash
# A kernel without the rbd module loaded: the driver loads it.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

modprobe -d /run/uml overlay
mount -t overlay overlay -o lowerdir=/run/uml/lib:/usr/lib /usr/lib
rmmod rbd
[[ ! -e /sys/bus/rbd ]] || die 'the module is still there'
mount_pod a "$name" size=64Mi
[[ $(one_device) == rbd* ]] || die "mapped as $(one_device)"
unmount_pod a
nothing_left "$name"

# And when it cannot be loaded, that is what the failure says.
rmmod rbd
umount -l /usr/lib
fail mount "$(pod_dir a)" "$(options "$name" mapper=krbd)" -- rbd modprobe
modprobe -d /run/uml rbd
nothing_left "$name"
