# shellcheck shell=bash
# What happens to a cluster while pods use it: reboots, a cut cable, a lost OSD, a lost monitor.
# The driver on node3 is called as kubelet calls it. Needs lib.sh.
# shellcheck disable=SC2154

driver='/usr/libexec/kubernetes/kubelet-plugins/volume/exec/hyper~cephrbd/cephrbd'

# call NODE VERB ARGUMENT…: the driver there; fails unless it says Success.
call() {
  local node=$1 said
  shift
  said=$(on "$node" timeout 90 "$driver" "$@") || fail "cephrbd $1 ended with $?: $said"
  printf '%s\n' "$said"
  [[ $(jq -r .status <<<"$said") == Success ]] || fail "cephrbd $*: $said"
}

pod_dir() { printf '/var/lib/kubelet/pods/%s/volumes/hyper~cephrbd/data\n' "$1"; }

# serve POD IMAGE: mounts it for a pod that is a VM, and opens it as hyperd's QEMU would.
serve() {
  local dir name
  dir=$(pod_dir "$1")
  on node3 mkdir -p "$dir"
  call node3 mount "$dir" "{\"volumeID\":\"$2\",\"size\":\"1Gi\",\"kubernetes.io/fsType\":\"ext4\"}"
  expect '600 tmpfs' on node3 sh -c "echo \$(stat -c %a $dir/hyper-flexvolume.json) \$(stat -f -c %T $dir)"
  name=$(on node3 cat "$dir/hyper-flexvolume.json" |
    jq -r '.cephRBDOptsData | "rbd:\(.pool)/\(.volumeID):id=\(.user):mon_host=\(.monitors | map(gsub(":"; "\\:")) | join(";"))"')
  says '53 ef' on node3 timeout 60 qemu-io -r -f raw -c 'read -v 1080 2' "$name"
}

# release POD
release() {
  local dir
  dir=$(pod_dir "$1")
  call node3 unmount "$dir"
  on node3 sh -c "! mountpoint -q $dir"
}

# A volume's whole way while something is wrong with the cluster.
serves() {
  serve "$1" "$2"
  release "$1"
}

node_reboots() {
  local osd since
  osd=$(osd_of "$1")
  since=$(osd_state "$osd")
  bench reboot "$1"
  wait_until 120 is_up_again "$osd" "${since#* }" || fail "osd.$osd is not up again: $(on node1 ceph osd tree)"
  healthy 120
}

# Its OSD is told to be down after about half a minute; what is mounted then, and anew, works on.
cut_off() {
  local osd
  osd=$(osd_of node2)
  # However this ends, the others are not to suffer from it.
  trap 'bench heal node2' EXIT
  bench cut node2
  wait_until 90 is_down "$osd" || fail "the OSD of node2 is up though it is cut off: $(on node1 ceph osd tree)"
  serves cut-pod vol1
  serves cut-pod-new vol-made-while-cut
  finds node3 osds warning
  finds node3 monitors warning 172.16.4.102
  trap - EXIT
  bench heal node2
  healthy 90
}

osd_lost() {
  local osd
  osd=$(osd_of node2)
  on node2 systemctl mask --runtime --now "ceph-osd@$osd"
  wait_until 60 is_down "$osd" || fail 'the OSD is still up'
  serves osd-pod vol1
  on node2 systemctl unmask --runtime "ceph-osd@$osd"
  on node2 systemctl start "ceph-osd@$osd"
  healthy 90
}

monitor_lost() {
  on node1 systemctl stop ceph-mon@node1
  serves mon-pod vol1
  serves mon-pod-new vol-made-without-node1
  finds node3 monitors warning 172.16.4.101
  on node1 systemctl start ceph-mon@node1
  healthy 90
  finds node3 monitors ok
}

# The pod's volume stands through all of it.
long_pod_begins() {
  # QEMU's own driver for images, by which hyperd's VMs open them.
  on node3 apt-get install -y -qq qemu-block-extra
  serve long-pod vol-long
}

long_pod_ends() {
  # node3 was rebooted: its tmpfs is gone with the VM; kubelet mounts it again.
  serve long-pod vol-long
  release long-pod
  expect 'no problem' sh_on node3 'cephrbd status | head -n 1 | grep -o "no problem"'
}
