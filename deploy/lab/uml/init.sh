#!/bin/bash
# The first process of a user-mode kernel whose root is the machine's own file system:
# lays memory over the folders that a guest writes to, loads the modules, brings the
# network up and runs guest.sh. Only uml.sh starts it; its settings come from the
# kernel's command line: share (a folder) and addr (may be missing).
set -euo pipefail

# shellcheck disable=SC2154 # from the kernel's command line
folder=$share
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

end() {
  printf '%s\n' "$1" >"$folder/status"
  sync
  echo o >/proc/sysrq-trigger
  sleep 5
}

fail() {
  printf 'the guest could not be set up: init.sh, line %s\n' "$1" >>"$folder/output"
  end 125
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmp /dev/shm
ln -sf /proc/self/fd /dev/fd
for overlaid in /run /tmp /mnt /var/log /var/tmp /etc/ceph; do
  # No folder is made on the machine for this: one that is not there stays so.
  [[ ! -d $overlaid ]] || mount -t tmpfs tmp "$overlaid"
done
# The shared folder under the name it has outside, even if it is in an overlaid one.
mkdir -p "$folder"
mount -t hostfs none -o "$folder" "$folder"
trap 'fail $LINENO' ERR
mkdir -p /run/uml/lib
ln -s /usr/lib/uml/modules /run/uml/lib/modules
# Without aes and cbc, rbd cannot read a key.
for module in aes_generic cbc rbd nbd ext4 xfs; do
  modprobe -d /run/uml "$module"
done
ip link set lo up
if [[ -n ${addr:-} ]]; then
  ip addr add "$addr" dev vec0
  ip link set vec0 up
fi
status=0
bash "$folder/guest.sh" </dev/null >>"$folder/output" 2>&1 || status=$?
end "$status"
