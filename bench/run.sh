#!/usr/bin/env bash
# Measures the driver against floors, on clusters of its own, and writes the figures
# into README.md beside this script. Exit status 1 when a floor is missed.
#   --quick   one round where a round takes a minute; the README stays as it is
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=bench/figures.sh
. "$here/figures.sh"
# shellcheck source=bench/host.sh
. "$here/host.sh"
lab=$root/deploy/lab/lab.sh
uml=$root/deploy/lab/uml/uml.sh

quick=
case ${1:-} in
  '') ;;
  --quick) quick=1 ;;
  *) die "the option $1 is unknown; --quick is known" ;;
esac
((EUID == 0)) || die 'only root can mount'
binary=${CEPHRBD_BINARY:-$root/artifacts/linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')/cephrbd}
[[ -x $binary ]] || die "there is no driver at $binary: ./build.sh publish makes it"

unset CEPH_CONF CEPH_ARGS CEPH_KEYRING
tmp=$(mktemp -d /tmp/cephrbd-bench.XXXXXX)
net=cephrbd-bench-$$
child=
figures=$tmp/figures
entity=client.cephrbd

clean_up() {
  local status=$? path
  trap - EXIT INT TERM HUP
  set +e
  if [[ -n $child ]]; then
    kill -TERM "$child" 2>/dev/null
    wait "$child" 2>/dev/null
  fi
  awk -v d="$tmp/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r path; do umount -l "$path"; done
  for path in "$tmp"/*/lab; do
    [[ ! -d $path ]] || "$lab" down --dir "$path"
  done
  "$uml" net down "$net"
  rm -rf --one-file-system "$tmp" "/run/$net"
  exit "$status"
}
on_exit clean_up

# Waits for a long child in a way that a signal can interrupt.
attended() {
  local status=0
  "$@" &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}

# make_place NAME: a folder with the programs, a lab's files and the driver's config.
make_place() {
  local place=$tmp/$1
  mkdir -p "$place/mnt" "$place/scratch"
  cp "$tmp/spawn" "$binary" "$place/"
  cat >"$place/config.json" <<JSON
{
  "runtime": "hyper",
  "pool": "hyper",
  "user": "${entity#client.}",
  "confFile": "$place/lab/ceph.conf",
  "keyringFile": "$place/lab/ceph.$entity.keyring",
  "logFile": "$place/cephrbd.log",
  "runDir": "/run/$net",
  "scratchDir": "$place/scratch"
}
JSON
}

# options IMAGE SIZE: what kubelet passes for the volume.
options() {
  printf '{"volumeID":"%s","pool":"hyper","size":"%s","kubernetes.io/fsType":"ext4","kubernetes.io/readwrite":"rw","kubernetes.io/pvOrVolumeName":"data","kubernetes.io/pod.name":"web-0","kubernetes.io/pod.namespace":"default","kubernetes.io/pod.uid":"5d1e4c9a-0c3f-4b0e-9f44-1f2a7c0d9b11"}' "$1" "$2"
}

# spec FILE WORD ARG…: adds one line for each argument.
spec() {
  local file=$1 word=$2
  shift 2
  printf "$word %s\n" "$@" >>"$file"
}

# mount_spec PLACE NAME SIZE IMAGE AFTER…: a mount whose traces the command AFTER takes away.
mount_spec() {
  local place=$tmp/$1 file=$tmp/$1/$2
  spec "$file" run "$place/cephrbd" mount "$place/mnt" "$(options "$4" "$3")"
  spec "$file" expect '"status":"Success"'
  shift 4
  spec "$file" after "$@"
}

compile() {
  local program
  for program in spawn baseline extents; do
    gcc -O2 -Wall -Wextra -Werror -o "$tmp/$program" "$here/$program.c" -lrbd -lrados -lpthread
  done
}

# The start of the program, and a mount of a formatted image against a bare program.
measure_start_and_remount() {
  local place=$tmp/plain unmount
  step 'init'
  spec "$place/true" run /bin/true
  spec "$place/init" run "$place/cephrbd" init
  spec "$place/init" expect '"status":"Success"'
  attended "$tmp/spawn" -n 101 "$place/true" "$place/init" >"$tmp/init.out"
  step 'mount of a formatted image'
  unmount=("$place/cephrbd" unmount "$place/mnt")
  mount_spec plain remount 1Gi remount "${unmount[@]}"
  "$place/cephrbd" mount "$place/mnt" "$(options remount 1Gi)" >"$tmp/first" && "${unmount[@]}" >>"$tmp/first"
  [[ $(grep -c '"Success"' "$tmp/first") == 2 ]] || die "the image could not be made: $(<"$tmp/first")"
  spec "$place/baseline" run "$tmp/baseline" "$place/lab/ceph.conf" "$entity" "$place/lab/ceph.$entity.keyring" hyper remount
  spec "$place/baseline" expect 'done'
  attended "$tmp/spawn" -n 51 -w 3 "$place/baseline" "$place/remount" >"$tmp/remount.out"
  sed 's/^run mount$/run --verbose\nrun mount/' "$place/remount" >"$place/verbose"
  attended "$tmp/spawn" -n 25 -o "$tmp/remount.steps" "$place/verbose" >"$tmp/verbose.out"
}

# First mounts on this machine: how the time grows with the image's size, and how much
# of that is the writing of the new file system's own bytes.
measure_growth() {
  local place=$tmp/plain size
  step 'first mounts of 1 GiB and 1 TiB'
  for size in 1Gi 1Ti; do
    # shellcheck disable=SC2016 # the inner shell's arguments
    mount_spec plain "$size" "$size" "first-$size-%d" /bin/sh -c \
      '"$0/cephrbd" unmount "$0/mnt" && rbd -c "$0/lab/ceph.conf" --no-progress rm "hyper/$1"' "$place" "first-$size-%d"
  done
  truncate -s 1T "$place/filesystem"
  mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$place/filesystem"
  spec "$place/extents" run "$tmp/extents" "$place/lab/ceph.conf" "$entity" "$place/lab/ceph.$entity.keyring" hyper 'bytes-%d' "$place/filesystem"
  spec "$place/extents" expect ' us for '
  attended "$tmp/spawn" -n 15 -o "$tmp/extents.out" "$place/1Gi" "$place/1Ti" "$place/extents" >"$tmp/growth.out"
  rm "$place/filesystem"
  sed 's/^run mount$/run --verbose\nrun mount/' "$place/1Ti" >"$place/verbose-1Ti"
  attended "$tmp/spawn" -n 5 -w 0 -o "$tmp/first.steps" "$place/verbose-1Ti" >"$tmp/verbose-1Ti.out"
}

# First mounts under a kernel that has rbd, against what the original driver does there.
measure_in_kernel() {
  local place=$tmp/guest size rounds warm_ups
  step 'a kernel with rbd'
  make_place guest
  "$uml" net up "$net" 172.16.4.101/24
  ip netns exec "$net" "$lab" up --dir "$place/lab" --addr 172.16.4.101 >/dev/null
  cp "$here/original.sh" "$place/"
  printf 'set -euo pipefail\nexport CEPHRBD_CONFIG=%s/config.json\ncd %s\n' "$place" "$place" >"$place/guest.sh"
  for size in 1Gi 100Gi 1Ti; do
    mount_spec guest "driver-$size" "$size" "driver-$size-%d" "$place/cephrbd" unmount "$place/mnt"
    spec "$place/original-$size" run /bin/bash "$place/original.sh" "$place/lab/ceph.conf" "original-$size-%d" "${size%i}" layering
    spec "$place/mapped-$size" run /bin/bash "$place/original.sh" "$place/lab/ceph.conf" "mapped-$size-%d" "${size%i}" \
      layering,exclusive-lock,object-map,fast-diff,deep-flatten
    rounds=5 warm_ups=0
    # The first of all brings the programs into the guest's memory.
    [[ $size != 1Gi ]] || rounds=15 warm_ups=1
    [[ $size != 1Ti ]] || rounds=3
    [[ -z $quick ]] || rounds=1
    printf './spawn -n %s -w %s -t 240 driver-%s original-%s mapped-%s\n' "$rounds" "$warm_ups" "$size" "$size" "$size" >>"$place/guest.sh"
  done
  attended "$uml" run --share "$place" --net "$net" --addr 172.16.4.102/24 --mem 1G --seconds 900 || {
    cat "$place/output" >&2
    die 'the measurements in the guest failed'
  }
  mv "$place/output" "$tmp/guest.out"
}

compile
make_place plain
export CEPHRBD_CONFIG=$tmp/plain/config.json
"$lab" up --dir "$tmp/plain/lab" >/dev/null
measure_start_and_remount
measure_growth
"$lab" down --dir "$tmp/plain/lab"
measure_in_kernel
measure_host
missed=0
report >"$figures" || missed=1
cat "$figures"
[[ -n $quick ]] || write_readme "$here/README.md" "$figures"
((missed == 0)) || die 'a floor was missed'
step 'every floor was held'
