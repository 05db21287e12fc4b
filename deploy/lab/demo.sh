#!/usr/bin/env bash
# A volume's whole way through the driver on a real cluster: create, format, hand
# over to the hypervisor, take back. Each call is shown as kubelet makes it; each
# result is proven by other means than the driver's word.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/lab/show.sh
. "$here/show.sh"
# shellcheck source=deploy/lab/demo-run.sh
. "$here/demo-run.sh"

case ${1:-} in
  '') ;;
  --runtime)
    need_value "$1" $#
    (($# == 2)) || die 'a runtime is all that the demo takes'
    [[ $2 != host ]] || exec "$here/demo-host.sh"
    [[ $2 == hyper ]] || die "the runtime $2 is unknown; hyper and host are known"
    ;;
  *) die "the option $1 is unknown; --runtime is known" ;;
esac

image=demo
pool=hyper
bytes=$((1024 * 1024 * 1024))
options='{"volumeID":"demo","pool":"hyper","size":"1Gi","kubernetes.io/fsType":"ext4","kubernetes.io/readwrite":"rw"}'
# What kubelet adds for a mount.
pod_options=${options%\}}',"kubernetes.io/pvOrVolumeName":"data","kubernetes.io/pod.name":"web-0","kubernetes.io/pod.namespace":"default","kubernetes.io/pod.uid":"5d1e4c9a-0c3f-4b0e-9f44-1f2a7c0d9b11","kubernetes.io/serviceAccount.name":"default"}'

in_lab() {
  local tool=$1
  shift
  timeout 60 "$tool" -c "$tmp/lab/ceph.conf" "$@"
}

mounts_below() {
  awk -v d="$tmp/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo
}

# The processes that name the demo's folder in an argument, this script's own apart.
processes_of() {
  local file pid
  for file in /proc/[0-9]*/cmdline; do
    pid=${file//[^0-9]/}
    [[ $pid != "$$" && $pid != "$BASHPID" ]] || continue
    if tr '\0' '\n' 2>/dev/null <"$file" | grep -qF "$tmp/"; then
      printf '%s\n' "$pid"
    fi
  done
}

# Removes all that the demo made, and fails if something stays.
clean_up() {
  local path bad=0
  for path in $(mounts_below | sort -r); do
    warn "$path is still mounted"
    umount -l "$path" || true
    bad=1
  done
  "$here/lab.sh" down --dir "$tmp/lab" || bad=1
  rm -rf --one-file-system "$tmp" || bad=1
  if [[ -n $(mounts_below) || -n $(processes_of) || -e $tmp ]]; then
    warn "something of $tmp stays: mounts $(mounts_below | wc -l), processes $(processes_of | xargs)"
    bad=1
  fi
  return "$bad"
}

tag_field() {
  jq -er ".cephRBDOptsData.$1" "$tag"
}

check_image() {
  local size
  size=$(in_lab rbd info "$pool/$image" --format json | jq .size)
  ((size == bytes)) || die "the image has $size bytes, not $bytes"
  proof "rbd info: $pool/$image has $size bytes"
}

check_tag() {
  local stacked
  stacked=$(mounts_below | grep -cxF "$mount_dir") || die "$mount_dir is not a mount point"
  ((stacked == 1)) || die "$mount_dir is mounted $stacked times"
  [[ $(findmnt -n -o FSTYPE --mountpoint "$mount_dir") == tmpfs ]] || die "$mount_dir is not on a tmpfs"
  [[ $(stat -c %a:%u "$tag") == 600:0 ]] || die "$tag is not for root alone"
  [[ $(tag_field volumeID) == "$image" && $(tag_field pool) == "$pool" && $(tag_field fsType) == ext4 &&
  $(tag_field user) == cephrbd ]] || die 'the tag file names another volume'
  [[ $(tag_field keyring) == "$key" ]] || die 'the tag file has another key'
  proof "$(basename "$tag") lies in memory, mode 0600: $(jq -c '.cephRBDOptsData.keyring = "(the key)"' "$tag")"
}

# The file name that hyperd gives QEMU. It goes to qemu-io by its standard input: in
# an argument everyone could read the key.
check_qemu() {
  local monitors name
  monitors=$(jq -er '.cephRBDOptsData.monitors | join(";")' "$tag")
  name="rbd:$(tag_field pool)/$(tag_field volumeID):id=$(tag_field user):key=$(tag_field keyring):mon_host=${monitors//:/\\:}"
  printf 'open -r -o driver=raw %s\nread -v 1080 2\nquit\n' "$name" |
    timeout 60 qemu-io >"$tmp/qemu.out" 2>&1 || die 'QEMU could not read the image'
  grep -q '53 ef' "$tmp/qemu.out" || die 'QEMU does not see an ext4 file system'
  proof "QEMU opens it by the tag file and reads ext4's magic: $(grep -o '[0-9a-f]*:  53 ef' "$tmp/qemu.out")"
}

# Sets uuid to the file system's.
check_file_system() {
  in_lab rbd export --no-progress "$pool/$image" "$tmp/image"
  timeout 60 e2fsck -fn "$tmp/image" >"$tmp/fsck.out" 2>&1 || {
    cat "$tmp/fsck.out" >&2
    die 'the file system is not sound'
  }
  uuid=$(blkid -p -o value -s UUID "$tmp/image")
  rm "$tmp/image"
  proof "e2fsck on a copy of the image: $(tail -n 1 "$tmp/fsck.out" | sed 's/^.*: //')"
}

check_left() {
  [[ -z $(mounts_below) ]] || die "still mounted: $(mounts_below)"
  [[ ! -e $mount_dir || -z $(ls -A "$mount_dir") ]] || die "$mount_dir is not empty"
  (($(in_lab rbd status "$pool/$image" --format json | jq '.watchers | length') == 0)) || die 'the image still has a watcher'
  # No grep here: the key would be one of its arguments.
  [[ ! -e $tmp/cephrbd.log || $(<"$tmp/cephrbd.log") != *"$key"* ]] || die 'the key is in the log'
  proof 'nothing is mounted, no client watches the image, the log does not hold the key'
}

begin_demo 'mount'
mount_dir=$tmp/pod/volumes/hyper~cephrbd/data
tag=$mount_dir/hyper-flexvolume.json
uuid=
"$here/lab.sh" up --dir "$tmp/lab" >/dev/null
key=$(ceph-authtool -p -n client.cephrbd "$tmp/lab/ceph.client.cephrbd.keyring")
export CEPHRBD_CONFIG=$tmp/config.json
cat >"$CEPHRBD_CONFIG" <<JSON
{
  "runtime": "hyper",
  "pool": "$pool",
  "user": "cephrbd",
  "confFile": "$tmp/lab/ceph.conf",
  "keyringFile": "$tmp/lab/ceph.client.cephrbd.keyring",
  "timeoutSeconds": 30,
  "logFile": "$tmp/cephrbd.log"
}
JSON
mkdir -p "$mount_dir"

call init
call attach "$options"
check_image
call mount "$mount_dir" "$pod_options"
check_tag
check_qemu
check_file_system
first_uuid=$uuid
call mount "$mount_dir" "$pod_options"
check_tag
check_file_system
[[ $uuid == "$first_uuid" ]] || die 'the second mount formatted the image again'
proof "a repeated mount changes nothing: the file system is still $uuid"
call unmount "$mount_dir"
check_left
in_lab rbd rm --no-progress "$pool/$image"

end_demo
