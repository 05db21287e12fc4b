#!/usr/bin/env bash
# udevd: absent, and there but stopped. The real one is started in a real kernel
# (../../Kernel/scenarios/doctor-udev.sh).
# shellcheck source=tests/CephRbd.LabTests/Doctor/node/lib.sh
. "$(dirname "$0")/../lib.sh"

ask
state=$(jq -r '.checks[] | select(.name == "udev") | .state' <<<"$json")
# A kernel of this machine may have rbd itself.
if [[ -d /sys/bus/rbd ]]; then
  [[ $state == failed ]] || die "not failed with rbd: $state"
else
  [[ $state == warning ]] || die "not a warning without rbd and OSDs: $state"
fi

mkdir -p /var/lib/ceph/osd/ceph-0
ask
finding udev failed 'no process of it runs' 'an OSD is on this node (/var/lib/ceph/osd/ceph-0)' 'systemctl start systemd-udevd'

mkdir -p /run/udev
# shellcheck disable=SC2016 # Perl's own variables
start /lib/systemd/systemd-udevd 'socket($s, PF_UNIX, SOCK_SEQPACKET, 0) && bind($s, sockaddr_un("/run/udev/control")) && listen($s, 5) or die'
until_true test -S /run/udev/control
kill -STOP "$pid"
ask
finding udev failed "pid $pid, stopped by a signal" "kill -CONT $pid"
