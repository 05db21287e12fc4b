#!/usr/bin/env bash
# Without udevd rbd map hangs, and the doctor says so and what to do; what the hung map left
# is told and taken away; with udevd all is well.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

# ask: sets json; the doctor changes nothing, whatever it finds.
ask() {
  local exit_status=0 before after
  before=$(devices)
  json=$(timeout -k 2 100 "$share/cephrbd" doctor --json) || exit_status=$?
  ((exit_status <= 1)) || die "doctor ended with $exit_status: $json"
  after=$(devices)
  [[ $before == "$after" ]] || die "the doctor changed what is mapped: $before, then $after"
  [[ $json != *"$key"* ]] || die 'the key is in what the doctor says'
}

# finding CHECK STATE WORD…
finding() {
  local check=$1 state=$2 found word
  shift 2
  found=$(jq -r --arg check "$check" --arg state "$state" \
    '.checks[] | select(.name == $check and .state == $state) | "\(.evidence) -> \(.remedy // "")"' <<<"$json")
  [[ -n $found ]] || die "no $state $check in: $json"
  for word; do
    [[ $found == *"$word"* ]] || die "\"$word\" is not in the finding about $check: $found"
  done
}

admin rbd create --size 8M --image-feature layering "hyper/$name"
ask
finding udev failed 'no process of it runs' "the kernel's rbd is loaded" 'systemctl start systemd-udevd' 6_ensure_udevd.sh
finding kernel ok 'rbd is loaded' 'krbd takes layering'
finding leftovers ok

exit_status=0
timeout -k 2 15 rbd -c "$share/ceph.conf" map "hyper/$name" </dev/null >/run/map 2>&1 || exit_status=$?
((exit_status == 124 || exit_status == 137)) || die "rbd map did not hang without udevd: $exit_status: $(</run/map)"

# It hung, and the image is mapped all the same.
hung=/dev/$(one_device)
ask
finding udev failed 'rbd map'
finding leftovers warning "hyper/$name" "rbd unmap $hung"

# The driver itself needs no udevd.
mount_pod a "$name-pod" size=64Mi
unmount_pod a

mkdir -p /run/udev
/lib/systemd/systemd-udevd --daemon
ask
finding udev ok 'udevd answers'
admin rbd unmap "$hung"
mapped=$(admin rbd map "hyper/$name")
[[ $mapped == /dev/rbd* && -b $mapped ]] || die "not a device: $mapped"
admin rbd unmap "$mapped"
ask
finding leftovers ok
nothing_left "$name" "$name-pod"
udevadm settle
udevadm control --exit
