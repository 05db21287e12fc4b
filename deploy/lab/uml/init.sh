#!/bin/bash
# The first process of a user-mode kernel whose root is the machine's own file system:
# lays memory over what the guest may write to, loads the modules, brings the network
# up and runs one command. deploy/lab/uml/uml.sh starts it; its settings are the
# kernel's command line: share, addr.
set -euo pipefail

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

end() {
  printf '%s\n' "$1" >/mnt/share/status
  sync
  echo o >/proc/sysrq-trigger
  # Never reached unless the kernel has no sysrq: the end of process 1 ends it, too.
  sleep 5
}

fail() {
  printf 'the guest is not set up: line %s\n' "$1" >>/mnt/share/output
  end 125
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmp /dev/shm
mount -t tmpfs tmp /mnt
mkdir /mnt/share
# shellcheck disable=SC2154 # from the kernel's command line
mount -t hostfs none -o "$share" /mnt/share
trap 'fail $LINENO' ERR
ln -sf /proc/self/fd /dev/fd
for folder in /run /tmp /var/log /var/tmp /etc/ceph; do
  # A mount point must be there; the machine's own root gets none from here.
  [[ ! -d $folder ]] || mount -t tmpfs tmp "$folder"
done
mkdir -p /run/modules/lib
ln -s /usr/lib/uml/modules /run/modules/lib/modules
for module in aes_generic cbc libceph rbd nbd ext4 xfs; do
  modprobe -d /run/modules "$module"
done
ip link set lo up
# shellcheck disable=SC2154 # from the kernel's command line
ip addr add "$addr" dev vec0
ip link set vec0 up
status=0
bash /mnt/share/guest.sh </dev/null >>/mnt/share/output 2>&1 || status=$?
end "$status"
