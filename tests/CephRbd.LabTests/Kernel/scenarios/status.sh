#!/usr/bin/env bash
# status lists this node's volumes: image, device, mounts, pods, watchers, size and use.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

# ask STATUS: sets json and text, which both have to end with that exit status.
ask() {
  local exit_status=0
  json=$(timeout -k 2 100 "$share/cephrbd" status --json) || exit_status=$?
  ((exit_status == $1)) || die "status --json ended with $exit_status: $json"
  exit_status=0
  text=$(timeout -k 2 100 "$share/cephrbd" status) || exit_status=$?
  ((exit_status == $1)) || die "status ended with $exit_status: $text"
  [[ $json$text != *"$key"* ]] || die 'the key is in what status says'
}

# holds FILTER: of what --json said.
holds() {
  jq -e --arg image "hyper/$name" --arg stage "$staging/hyper~~$name" "$1" <<<"$json" >/dev/null || die "not so: $1: $json"
}

ask 0
holds '.runtime == "host" and .volumes == [] and .problems == []'

mount_pod a "$name" size=64Mi
mount_pod b "$name"
ask 0
device=/dev/$(one_device)
for word in "hyper/$name" "$device" "$(pod_dir a)" uid-b "$staging"; do
  [[ $json == *"$word"* ]] || die "$word is not in: $json"
  [[ $text == *"$word"* ]] || die "$word is not in: $text"
done
holds '.volumes | length == 1'
# shellcheck disable=SC2016 # jq's own variables
holds '.volumes[0] | .image == $image and .mapper == "krbd" and .runtime == "host" and .stage == $stage'
holds '.volumes[0] | .sizeBytes == 67108864 and .use.usedBytes > 0 and .use.totalBytes < 67108864 and .fsType == "ext4"'
holds '.volumes[0] | (.pods | map(.uid) | sort) == ["uid-a", "uid-b"] and (.watchers | length) == 1 and (.readOnly | not)'
printf '%s\n' "$text"

# A mapping past the driver is listed, and nobody needs it.
admin rbd create --size 8M --image-feature layering "hyper/$name-free"
node=$(map "$name-free")
ask 1
holds '.volumes | length == 2'
holds '.problems | map(.kind) == ["unusedMapping"] and (.[0].text | contains("rbd unmap"))'
[[ $text == *"rbd unmap $node"* ]] || die "no remedy in: $text"
printf '%s\n' "$text"

# Mounted by somebody in another mount namespace, it is not free.
mkfs.ext4 -q "$node"
unshare --mount --propagation private bash -c "mount $node /run/scratch && touch /run/held && exec sleep 60" &
holder=$!
until [[ -e /run/held ]]; do
  sleep 0.1
done
ask 0
holds '.volumes | map(select(.heldBy != null)) | length == 1'
kill "$holder"
wait "$holder" 2>/dev/null || true
unmap "$node"

# Out of the cluster's reach, and with nothing in memory that could be read again.
configure timeoutSeconds=8
sync
echo 3 >/proc/sys/vm/drop_caches
ip link set vec0 down
began=$SECONDS
ask 1
((SECONDS - began < 20)) || die "two answers took $((SECONDS - began)) s"
ip link set vec0 up
configure
holds '.problems | map(.kind) == ["noAnswer"]'
holds '.volumes[0] | .watchers == null and .clusterProblem != null and .use.usedBytes > 0 and (.pods | length) == 2'
[[ $text == *uid-b* && $text == *"could not be asked"* ]] || die "not so: $text"

# A pod's dir of which the unmount was cut off: the stage stays.
umount "$(pod_dir a)"
umount "$(pod_dir b)"
ask 1
holds '.problems | map(.kind) == ["stageWithoutPods"]'

unmount_pod a
unmount_pod b
ask 0
holds '.volumes == []'

# Attached and not mounted yet is how it should be; by rbd-nbd as well.
configure attach=true
succeed attach "$(options "$name" volume=pv1 mapper=nbd)"
ask 0
holds '.volumes | length == 1'
holds '.volumes[0] | .attached == ["pv1"] and .mapper == "nbd" and .stage == null and (.watchers | length) == 1'
[[ $text == *"/dev/$(one_device) (rbd-nbd)"* && $text == *"as pv1"* ]] || die "not so: $text"
succeed detach pv1
configure
ask 0

# The device is taken away from under the mount.
mount_pod a "$name"
device=$(one_device)
for control in /sys/bus/rbd/remove_single_major /sys/bus/rbd/remove; do
  [[ -e $control ]] || continue
  echo "${device#rbd} force" >"$control"
  break
done
ask 1
# shellcheck disable=SC2016 # jq's own variables
holds '(.problems | map(.kind) | unique) == ["corruptMount"] and .volumes[0].image == $image and .volumes[0].mapper == null'
[[ $text == *"/dev/$device (gone)"* ]] || die "not so: $text"
unmount_pod a
ask 0
nothing_left "$name"
