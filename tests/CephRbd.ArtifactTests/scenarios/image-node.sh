#!/usr/bin/env bash
# The root of a compute node boots, is given a cluster, and takes a volume its whole way;
# what it has become outlives a reboot.
set -euo pipefail
umask 022

# shellcheck source=deploy/lib/common.sh
. "$ROOT/deploy/lib/common.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/image/lab.sh
. "$ROOT/tests/CephRbd.ArtifactTests/image/lab.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/image/node.sh
. "$ROOT/tests/CephRbd.ArtifactTests/image/node.sh"

driver=/usr/libexec/kubernetes/kubelet-plugins/volume/exec/hyper~cephrbd/cephrbd
node=$WORK/node

finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  set +e
  node_down
  lab_down
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

case $(uname -m) in
  x86_64) arch=amd64 ;;
  *) arch=arm64 ;;
esac
mkdir "$node"
tar -xpJf "$(echo "$ARTIFACTS/packages/cephrbd-node_"*"_$arch.tar.xz")" -C "$node" --numeric-owner
expect 'machine id in the tarball' '' "$(<"$node/etc/machine-id")"
lab_up
step 'the first boot'
node_up "$node"

state_of_node() {
  expect 'failed units' '' "$(on_node systemctl list-units --failed --no-legend --plain)"
  expect 'state of the node' running "$(on_node systemctl is-system-running)"
}

state_of_node
id=$(on_node cat /etc/machine-id)
[[ $id =~ ^[0-9a-f]{32}$ ]] || die "the machine id after the boot is \"$id\""
answers init "$(on_node "$driver" init)" '.status == "Success" and .capabilities.attach == false'
# Without a cluster's address a mount fails, and says so.
reply=$(on_node "$driver" attach '{"volumeID":"early","user":"cephrbd","size":"64Mi"}')
answers 'attach without a cluster' "$reply" '.status == "Failure" and (.message | length > 0)'

step 'a volume'
join_cluster "$node"
volume_life first on_node
image_is first ext4
uuid=$(blkid -p -o value -s UUID "$WORK/first.raw")

step 'the second boot'
# A kubelet of the site's own, for its unit's sake: the drop-in joins it.
printf '[Service]\nExecStart=/bin/true\n' >"$node/etc/systemd/system/kubelet.service"
node_down || die 'the node did not stop as it should'
node_up "$node"
state_of_node
expect 'machine id after a reboot' "$id" "$(on_node cat /etc/machine-id)"
[[ " $(on_node systemctl show -P After kubelet.service) " == *' frakti.service '* ]] ||
  die "kubelet does not wait for frakti: $(on_node systemctl cat kubelet.service)"
volume_life first on_node
volume_life second on_node
image_is first ext4
expect 'the file system after a reboot' "$uuid" "$(blkid -p -o value -s UUID "$WORK/first.raw")"
image_is second ext4
node_down || die 'the node did not stop as it should'
step 'done'
