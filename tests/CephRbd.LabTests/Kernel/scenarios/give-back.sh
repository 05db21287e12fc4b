#!/usr/bin/env bash
# What an unmount leaves of the reservation. With the exclusive lock the kernel gives the image back,
# and the cluster is not asked: another node has it at once. Without it the note is taken away.
# shellcheck source=tests/CephRbd.LabTests/Kernel/lib.sh
. "$(dirname "$0")/lib.sh"

# note IMAGE: of who has it, empty for none.
note() {
  local id
  id=$(admin rbd info "hyper/$1" --format json | jq -r .id)
  admin rados -p hyper get "cephrbd.reservation.$id" - 2>/dev/null || true
}

# steps VERB ARG…: the names of a call's steps, of a call that succeeds.
steps() {
  reply=$("$share/cephrbd" --verbose "$@" 2>&1 </dev/null)
  [[ $reply == *'"Success"'* ]] || die "no Success of: $*: $reply"
}

locked=$name-locked plain=$name-plain
admin rbd create --size 64M --image-feature layering,exclusive-lock "hyper/$locked"
admin rbd create --size 64M --image-feature layering "hyper/$plain"

configure 'nodeName="n1"'
mount_pod one "$locked"
write_data "$(pod_dir one)"
[[ $(note "$locked" | jq -r '"\(.node) \(.exclusiveLock) \(.clients | length)"') == 'n1 true 1' ]] || die "the note: $(note "$locked")"
steps unmount "$(pod_dir one)"
[[ $reply != *reservation* && $reply != *librados* ]] || die "the cluster was asked: $reply"
nothing_left "$locked"
[[ $(admin rbd lock ls "hyper/$locked" --format json) == '[]' ]] || die 'the lock was not given back'

reply=$("$share/cephrbd" release "hyper/$locked" 2>&1 </dev/null) || die "release: $reply"
[[ $reply == *"was given to node n1"* ]] || die "release says: $reply"
configure 'nodeName="n2"'
mount_pod two "$locked"
check_data "$(pod_dir two)"
[[ $(note "$locked" | jq -r .node) == n2 ]] || die "the note: $(note "$locked")"
unmount_pod two

mount_pod two "$plain"
[[ $(note "$plain" | jq -r '"\(.node) \(.exclusiveLock) \(.clients | length)"') == 'n2 false 1' ]] || die "the note: $(note "$plain")"
unmount_pod two
[[ -z $(note "$plain") ]] || die "the note was left: $(note "$plain")"
configure 'nodeName="n1"'
mount_pod one "$plain"
unmount_pod one
nothing_left "$locked" "$plain"
