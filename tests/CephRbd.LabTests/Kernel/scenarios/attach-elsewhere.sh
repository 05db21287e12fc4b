#!/usr/bin/env bash
# attach, isattached and detach for another node do nothing here: a controller may call
# them on its own host. An unknown volume is detached already.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

configure attach=true nodeName='"node-a"'
volume=$(options "$name" volume="pv-$name" size=64Mi)
call attach "$volume" node-b
nothing_mapped
succeed detach "pv-$name" node-b
succeed detach no-such-volume node-a
succeed detach no-such-volume
succeed attach "$volume" node-a
node=$(one_device)
succeed detach "pv-$name" node-b
[[ $(one_device) == "$node" ]] || die "another node's detach took the device"
succeed detach "pv-$name" node-a
nothing_left "$name"
