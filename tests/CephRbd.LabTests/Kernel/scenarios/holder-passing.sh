#!/usr/bin/env bash
# A holder that lets go after a moment, as udev's scans do, is waited for.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

mount_pod a "$name" size=64Mi
sleep 0.7 5<"/dev/$(one_device)" &
unmount_pod a
wait
nothing_left "$name"
