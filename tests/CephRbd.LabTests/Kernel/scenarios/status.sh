#!/usr/bin/env bash
# status lists this node's volumes: image, device, mounts, pods.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

a=$(pod_dir a)
[[ $("$share/cephrbd" status --json | jq -c '[.. | .image? // empty]') == '[]' ]] || die "volumes before any mount: $("$share/cephrbd" status --json)"
mount_pod a "$name" size=64Mi
mount_pod b "$name"
text=$("$share/cephrbd" status)
json=$("$share/cephrbd" status --json)
jq -e . <<<"$json" >/dev/null || die "no JSON: $json"
for word in "hyper/$name" "/dev/$(one_device)" "$a" uid-b; do
  [[ $json == *"$word"* ]] || die "$word is not in: $json"
  [[ $text == *"$word"* ]] || die "$word is not in: $text"
done
printf '%s\n%s\n' "$text" "$json"
unmount_pod a
unmount_pod b
nothing_left "$name"
