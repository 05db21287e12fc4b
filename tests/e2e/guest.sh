#!/usr/bin/env bash
# In the guest: a node of runtime host. host.sh boots it; root, work, KUBELET, DRIVER are given.
set -euo pipefail

: "${root:?}" "${work:?}"
here=$root/tests/e2e
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=deploy/lib/process.sh
. "$root/deploy/lib/process.sh"
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/e2e/node.sh
. "$here/node.sh"
# shellcheck source=tests/e2e/pods.sh
. "$here/pods.sh"

read -r passed failed <"$work/counts"
export TMPDIR=/tmp LC_ALL=C.UTF-8

# What the others wrote there is not this node's.
own_folders() {
  local folder
  mount --make-rshared /
  for folder in "$kubelet_dir" /var/lib/containerd /var/lib/cephrbd /etc/cephrbd "$manifests" /usr/local; do
    mount -t tmpfs -o mode=0755 own "$folder"
  done
  mount -t cgroup2 cgroup /sys/fs/cgroup
  # User-mode Linux tells no clock rate, and kubelet does not start without one.
  { cat /proc/cpuinfo && printf 'cpu MHz\t\t: 1000.000\n'; } >/run/cpuinfo
  mount --bind /run/cpuinfo /proc/cpuinfo
  hostname "$node"
  cp "$work"/ceph*.* /etc/ceph/
  # Where the cluster's ceph.conf names it.
  mkdir -p "${work%/*}/lab"
  cp "$work/ceph.client.admin.keyring" "${work%/*}/lab/"
}

# The config comes before the driver: kubelet asks for the capabilities when it finds the driver.
node_begins() {
  own_folders
  containerd_up
  kubelet_up
  printf '%s\n' '{"runtime": "host", "user": "cephrbd", "logLevel": "debug"}' >"$work/config.json"
  timeout 120 "$root/deploy/node/install.sh" --config "$work/config.json" --binary "$DRIVER"
}

stays="trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"
mapped() { find /sys/bus/rbd/devices -mindepth 1; }
said() { cat /var/log/pods/default_"$1-$node"_*/main/0.log; }
has_said() { [[ $(said "$1") == *"$2"* ]]; }

# The container writes; kubelet gives the files to the pod's group, as the driver tells it to.
writes() {
  local dir
  command="dd if=/dev/urandom of=/data/block bs=1M count=8 && sha256sum /data/block >/data/sum && sync && echo written; $stays" \
    pod writer "$(image_options hosted)" 2345
  comes_up writer
  within 60 'the container has written' has_said writer written
  dir=$(volume_dir writer)
  expect 'what is mounted' '/dev/rbd0 ext4' "$(findmnt -n -o SOURCE,FSTYPE "$dir" | tr -s ' ')"
  expect 'group and size of the file' "2345 $((8 << 20))" "$(stat -c '%g %s' "$dir/block")"
  expect 'group of the volume' 2345 "$(stat -c %g "$dir")"
  expect 'watchers of the image' 1 "$(watchers hosted)"
}

goes_on() {
  local before
  before=$(container_of writer && stat -c %d "$(volume_dir writer)")
  kubelet_down KILL
  kubelet_up
  within 120 'kubelet takes the pod over' runs writer
  sleep 6
  expect 'container and device' "$before" "$(container_of writer && stat -c %d "$(volume_dir writer)")"
  expect "mounts at the pod's dir" 1 "$(mounts_at "$(volume_dir writer)")"
}

ends() {
  removed "$1"
  expect 'mapped images' '' "$(mapped)"
  expect 'mounts of rbd devices' '' "$(findmnt -n -o TARGET -S /dev/rbd0 || true)"
  expect 'stages' '' "$(find /var/lib/cephrbd/mounts -mindepth 1)"
  expect 'watchers of the image' 0 "$(watchers hosted)"
  nothing_left
}

reads() {
  command="sha256sum -c /data/sum; $stays" pod reader "$(image_options hosted)"
  comes_up reader
  within 60 'the container has read' has_said reader '/data/block: OK'
  expect 'times that the image was formatted' 1 "$(formats hosted)"
}

# A guest has one processor, and that one is shared.
seconds=180
exec 3>&1 >"$work/log/guest-node.log" 2>&1
keep_logs() { cp -r /var/log/cephrbd /var/log/*.log "$work/log/" 2>/dev/null || true; }
trap 'tail -n 30 "$work/log/guest-node.log" >&3; keep_logs' EXIT
node_begins
trap keep_logs EXIT
exec 1>&3 2>&1 3>&-
need 'runtime host: a container writes to its volume' writes
try 'kubelet is killed and started: container and device stay' goes_on
try 'the pod is removed, the image unmapped' ends writer
try 'another pod reads what the first has written' reads
try 'it is removed, and nothing is left' ends reader
