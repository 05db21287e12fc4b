# shellcheck shell=bash
# A Ceph cluster on one side of a cable and the network namespace of a node on the other.
# Needs common.sh, ROOT and WORK. The namespaces' names end in this process's id, so that
# what a killed run leaves is known (deploy/lib/test.sh).
# shellcheck disable=SC2034,SC2154

lab_net=cephrbd-test-lab-$$
node_net=cephrbd-test-node-$$
lab_addr=172.16.4.101
node_addr=172.16.4.102

net_up() {
  ip netns add "$lab_net"
  ip netns add "$node_net"
  ip link add eth0 netns "$lab_net" type veth peer name eth0 netns "$node_net"
  ip -n "$lab_net" -batch - <<IP
link set lo up
addr add $lab_addr/24 dev eth0
link set eth0 up
IP
  ip -n "$node_net" -batch - <<IP
link set lo up
addr add $node_addr/24 dev eth0
link set eth0 up
IP
}

net_down() {
  local net
  for net in "$lab_net" "$node_net"; do
    [[ ! -e /run/netns/$net ]] || ip netns del "$net"
  done
}

lab_up() {
  net_up
  ip netns exec "$lab_net" "$ROOT/deploy/lab/lab.sh" up --dir "$WORK/lab" --addr "$lab_addr" --osds 1 >/dev/null
}

lab_down() {
  [[ ! -e $WORK/lab ]] || "$ROOT/deploy/lab/lab.sh" down --dir "$WORK/lab"
  net_down
}

# in_lab TOOL ARGUMENT…: a tool of Ceph, as the cluster's admin.
in_lab() {
  local tool=$1
  shift
  CEPH_ARGS='' timeout 30 ip netns exec "$lab_net" "$tool" -c "$WORK/lab/ceph.conf" "$@"
}

# join_cluster ROOT: what an admin gives to a node: where the monitors are, and its user's key.
join_cluster() {
  mkdir -p "$1/etc/ceph"
  printf '[global]\nmon_host = %s\n' "$lab_addr" >"$1/etc/ceph/ceph.conf"
  install -m 0600 "$WORK/lab/ceph.client.cephrbd.keyring" "$1/etc/ceph/"
}

# expect WHAT WANTED SEEN
expect() {
  [[ $2 == "$3" ]] || die "$1: not \"$2\", but: $3"
}

# answers WHAT REPLY JQ: the driver's reply fulfils the condition.
answers() {
  jq -e "$3" >/dev/null <<<"$2" || die "$1 answered: $2"
}

# image_is NAME TYPE: the cluster has the image, and a whole file system is in it.
image_is() {
  rm -f "$WORK/$1.raw"
  in_lab rbd export --no-progress "hyper/$1" "$WORK/$1.raw"
  expect "file system of $1" "$2" "$(blkid -p -o value -s TYPE "$WORK/$1.raw")"
  e2fsck -fn "$WORK/$1.raw" >/dev/null 2>&1 || die "e2fsck finds damage in $1"
}

# volume_life NAME COMMAND…: mount, mount again and unmount by the driver, as kubelet would;
# the command runs what follows it on the node. $node_root: the node's files, seen from here.
volume_life() {
  local name=$1 dir tag json reply
  shift
  dir=/var/lib/kubelet/pods/$name/volumes/hyper~cephrbd/data
  json='{"volumeID":"'$name'","pool":"hyper","user":"cephrbd","size":"64Mi","kubernetes.io/fsType":"ext4","kubernetes.io/readwrite":"rw"}'
  "$@" mkdir -p "$dir"
  reply=$("$@" "$driver" mount "$dir" "$json")
  answers mount "$reply" '.status == "Success"'
  tag=$("$@" cat "$dir/hyper-flexvolume.json")
  answers 'the tag' "$tag" ".cephRBDOptsData | .volumeID == \"$name\" and .fsType == \"ext4\" and .monitors == [\"$lab_addr:6789\"]"
  local seen
  seen=$("$@" stat -c '%i %y %a' "$dir/hyper-flexvolume.json")
  reply=$("$@" "$driver" mount "$dir" "$json")
  answers 'a second mount' "$reply" '.status == "Success"'
  expect 'the tag after a second mount' "$seen" "$("$@" stat -c '%i %y %a' "$dir/hyper-flexvolume.json")"
  expect 'mode of the tag' 600 "${seen##* }"
  reply=$("$@" "$driver" unmount "$dir")
  answers unmount "$reply" '.status == "Success"'
  expect 'what unmount leaves' '' "$("$@" sh -c "ls -A '$dir' 2>/dev/null || true")"
}
