#!/usr/bin/env bash
# Full and read-only file systems, the log, what a lost tag leaves, missing programs.
# shellcheck source=tests/CephRbd.LabTests/Doctor/node/lib.sh
. "$(dirname "$0")/../lib.sh"

configure "scratchDir:\"$work/scratch\"" "logFile:\"$work/log/cephrbd.log\""
mkdir "$work/scratch" "$work/log"
mount -t tmpfs -o size=1M none "$work/scratch"
ask
finding disk ok
finding log ok
finding leftovers ok '0 volumes'
finding tools ok mkfs.ext4

# tmpfs counts whole pages, of which this one has 256.
head -c $((246 * 4096)) /dev/zero >"$work/scratch/fill"
ask
finding disk warning "$work/scratch" "mkfs's scratch files" 'df -h'
head -c 4M /dev/zero >"$work/scratch/fill" 2>/dev/null && die 'it was not filled'
ask
finding disk failed '100 % used'
bash -c "${remedy%%;*}" >/dev/null
rm "$work/scratch/fill"
mount -o remount,ro "$work/scratch"
ask
finding disk failed 'takes no writes'
umount "$work/scratch"

mount -t tmpfs -o ro none "$work/log"
ask
finding log warning 'nothing can be written'
umount "$work/log"
head -c 30M /dev/zero >"$work/log/cephrbd.log"
ask
finding log warning '30 MiB' lsattr
bash -c "${remedy##*; then }"
ask
finding log ok

# A full OSD stands still before its disk is full.
mkdir -p /var/lib/ceph/osd/ceph-3
mount -t tmpfs -o size=1M none /var/lib/ceph/osd/ceph-3
mkdir /var/lib/ceph/osd/ceph-3/current
head -c $((225 * 4096)) /dev/zero >/var/lib/ceph/osd/ceph-3/fill
ask
finding disk warning /var/lib/ceph/osd/ceph-3 'ceph osd df'
umount /var/lib/ceph/osd/ceph-3

# The place of a tag without one; the remedy's own words take it away.
dir=/var/lib/kubelet/pods/uid-a/volumes/hyper~cephrbd/data
mkdir -p "$dir"
mount -t tmpfs cephrbd "$dir"
ask
finding leftovers failed "$dir has no whole tag" "cephrbd unmount $dir"
reply=$("$plugins/hyper~cephrbd/cephrbd" unmount "$dir" 2>&1)
[[ $reply == *Success* ]] || die "unmount: $reply"
ask
finding leftovers ok

# Without mkfs.ext4 no blank image can be used. Empty files hide programs no less than rm.
empty=$work/bin
mkdir "$empty"
for program in bash env jq timeout cat stat ip getent; do
  ln -s "$(command -v "$program")" "$empty/$program"
done
for folder in /usr/sbin /sbin; do
  mount -t tmpfs none "$(realpath "$folder")"
done
PATH=$empty ask
finding tools failed mkfs.ext4 'apt install' e2fsprogs
