#!/usr/bin/env bash
# The demo of runtime host inside the user-mode kernel; demo-host.sh boots it twice.
set -euo pipefail

share=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/lab/show.sh
. "$share/show.sh"

binary=$share/cephrbd
key=$(sed -n 's/^[[:space:]]*key = //p' "$share/ceph.client.cephrbd.keyring")
image=demo
web=/mnt/pods/web-0/volumes/hyper~cephrbd/data
log=/mnt/pods/log-0/volumes/hyper~cephrbd/data
plugin=/mnt/plugins/kubernetes.io/flexvolume/hyper/cephrbd/mounts/data
node=
export CEPHRBD_CONFIG=/run/config.json
mkdir -p "$web" "$log" "$plugin"

die() {
  printf 'demo: %s\n' "$*" >&2
  dmesg | tail -n 10 >&2
  exit 1
}

configure() {
  cat >"$CEPHRBD_CONFIG" <<JSON
{
  "runtime": "host",
  "attach": $1,
  "nodeName": "node-a",
  "user": "cephrbd",
  "confFile": "$share/ceph.conf",
  "keyringFile": "$share/ceph.client.cephrbd.keyring",
  "stagingDir": "/mnt/staging",
  "scratchDir": "/run/scratch",
  "logFile": "/var/log/cephrbd.log"
}
JSON
}

# options [POD]: what kubelet passes for the volume, and adds for a pod's mount.
options() {
  local pod=
  [[ -z ${1:-} ]] || pod=",\"kubernetes.io/pod.name\":\"$1\",\"kubernetes.io/pod.namespace\":\"default\",\"kubernetes.io/pod.uid\":\"$1\""
  printf '{"volumeID":"%s","size":"1Gi","kubernetes.io/fsType":"ext4","kubernetes.io/readwrite":"rw","kubernetes.io/pvOrVolumeName":"data"%s}' "$image" "$pod"
}

answered() {
  jq -r ".$1 // empty" <<<"$reply"
}

mapped() {
  local path
  for path in /sys/bus/rbd/devices/*; do
    [[ ! -e $path ]] || printf '%s ' "/dev/rbd${path##*/}"
  done
}

check_mapped() {
  local device=/sys/bus/rbd/devices/${node#/dev/rbd}
  [[ -b $node && $(mapped) == "$node " ]] || die "$node is told, mapped is: $(mapped)"
  [[ $(<"$device/pool")/$(<"$device/name") == "hyper/$image" ]] || die "$node is another image"
  [[ $(<"$device/config_info") != *"$key"* ]] || die 'the kernel shows the key'
  proof "sysfs: $node is hyper/$image, $(<"$device/size") bytes; the kernel got: $(<"$device/config_info")"
}

check_mounted() {
  local line
  line=$(findmnt -n -o SOURCE,FSTYPE,OPTIONS --mountpoint "$1") || die "$1 is not a mount point"
  [[ $line == "$node"*ext4*rw* ]] || die "$1 has another mount: $line"
  proof "mountinfo: $1 is $line"
}

check_left() {
  local found
  found=$(grep -cE ' /mnt/(pods|plugins|staging)[^ ]* ' /proc/self/mountinfo) || true
  [[ $found == 0 && -z $(mapped) ]] || die "$found mounts are left, and mapped is: $(mapped)"
  [[ -z $(find "$web" "$log" "$plugin" -mindepth 1) ]] || die "files are left in the pods' dirs"
  found=$(rbd -c "$share/ceph.conf" status "hyper/$image" --format json | jq '.watchers | length')
  [[ $found == 0 ]] || die "the image has $found watchers"
  [[ $(</var/log/cephrbd.log) != *"$key"* && $(dmesg) != *"$key"* ]] || die 'the key is in a log'
  proof 'no mount is left, no device is mapped, no client watches the image; no log has the key'
}

first_boot() {
  printf '\nLinux %s, with "attach": true, as kubelets call that attach by themselves.\n' "$(uname -r)"
  configure true
  call init
  call attach "$(options)" node-a
  node=$(answered device)
  check_mapped
  call waitforattach "$node" "$(options)"
  call isattached "$(options)" node-a
  call mountdevice "$plugin" "$node" "$(options)"
  check_mounted "$plugin"
  call mount "$web" "$(options web-0)"
  check_mounted "$web"
  date >"$web/written"
  head -c 10000000 /dev/urandom >"$web/bytes"
  sha256sum <"$web/bytes" >"$web/sum"
  cp "$web/sum" "$share/sum"
  proof "the pod writes 10 MB, sha256 $(cut -c 1-16 "$share/sum")…"
  call mount "$log" "$(options log-0)"
  cmp "$web/bytes" "$log/bytes" || die 'the second pod sees something else'
  proof 'a second pod on the node sees the same bytes'
  call unmount "$web"
  call unmount "$log"
  call unmountdevice "$plugin"
  call detach data node-a
  check_left
}

second_boot() {
  printf '\nA new kernel after a reboot. With "attach": false, mount does it all.\n'
  configure false
  call mount "$web" "$(options web-0)"
  node=$(mapped)
  node=${node% }
  check_mapped
  check_mounted "$web"
  [[ $(sha256sum <"$web/bytes") == "$(<"$share/sum")" ]] || die 'the data is not what was written'
  proof "the data survived: sha256 $(sha256sum <"$web/bytes" | cut -c 1-16)…, written $(<"$web/written")"
  call mount "$log" "$(options log-0)"
  check_mounted "$log"
  printf '\n$ cephrbd status\n'
  "$binary" status
  call unmount "$web"
  proof "the other pod still reads it: $(<"$log/written")"
  call unmount "$log"
  check_left
}

case $(<"$share/boot") in
  1) first_boot ;;
  *) second_boot ;;
esac
