# shellcheck shell=bash
# The node: its files, containerd, kubelet. Runs as the first process of its own namespaces. Needs
# common.sh, process.sh, lib.sh, and root, work, KUBELET, DRIVER.
# shellcheck disable=SC2034,SC2154

kubelet_dir=/var/lib/kubelet
plugins=$kubelet_dir/volume-plugins
manifests=/etc/kubernetes/manifests
kubelet_log=/var/log/kubelet.log
driver_log=/var/log/cephrbd/cephrbd.log
socket=/run/containerd/containerd.sock
node=e2e
address=172.16.4.61

# Over the machine's folders lies memory, for what is written there; what the tests look at for
# keys lies in the run's folder, on the disk.
lay_out() {
  local folder
  # Copies of what the machine has mounted there, other runs' volumes among it.
  while read -r folder; do
    umount -l "$folder"
  done < <(awk '$5 ~ "^/(tmp|run|var|mnt)/" { print $5 }' /proc/self/mountinfo | sort -r)
  mount --make-rshared /
  mkdir -p "$work"/{over,kubelet,containerd,varlog}
  mount -t tmpfs -o mode=0755 over "$work/over"
  for folder in etc var usr/local opt; do
    mkdir -p "$work/over/$folder"/{upper,work}
    mount -t overlay -o "lowerdir=/$folder,upperdir=$work/over/$folder/upper,workdir=$work/over/$folder/work" "over-${folder//\//-}" "/$folder"
  done
  mount -t tmpfs -o mode=0755 run /run
  mkdir -p "$kubelet_dir" /var/lib/containerd "$manifests" /etc/ceph /etc/cephrbd /run/lock
  rm -rf /etc/cephrbd/config.json /etc/default/cephrbd /etc/ceph/* /var/lib/cephrbd
  mkdir -p /var/lib/cephrbd
  mount --bind "$work/kubelet" "$kubelet_dir"
  mount --bind "$work/containerd" /var/lib/containerd
  mount --bind "$work/varlog" /var/log
  # Else what is mounted in the one is mounted in the other.
  for folder in "$kubelet_dir" /var/lib/containerd /var/log; do
    mount --make-private "$folder"
    mount --make-shared "$folder"
  done
  hostname "$node"
  printf '127.0.0.1 localhost %s\n' "$node" >/etc/hosts
  network
  keep_kernel_settings
  own_groups
}

# The cluster is on a bridge, for the guest of runtime host.
network() {
  ip link set lo up
  ip link add br0 type bridge
  ip addr add "$address/24" dev br0
  ip tuntap add dev tap0 mode tap
  ip link set tap0 master br0 up
  ip link set br0 up
}

# kubelet sets these for the whole machine, unless they have the value that it wants.
keep_kernel_settings() {
  local setting name
  for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    name=${setting%=*}
    printf '%s\n' "${setting#*=}" >"$work/over/${name##*/}"
    mount --bind "$work/over/${name##*/}" "/proc/sys/$name"
  done
}

# The control groups as this namespace sees them: its own are the roots.
own_groups() {
  local at options
  local -a all=()
  mapfile -t all < <(awk '$3 == "cgroup" || $3 == "cgroup2" { print $3 " " $2 " " $4 }' /proc/mounts)
  umount -R /sys/fs/cgroup
  mount -t tmpfs -o mode=0755 cgroup /sys/fs/cgroup
  local each type
  for each in "${all[@]}"; do
    read -r type at options <<<"$each"
    mkdir -p "$at"
    options=$(tr ',' '\n' <<<"$options" | grep -vxE 'rw|ro|relatime|nosuid|nodev|noexec|nsdelegate|memory_recursiveprot' | paste -sd,) || true
    mount -t "$type" ${options:+-o "$options"} cgroup "$at"
  done
}

# make_image NAME: a container image of busybox alone, as docker-archive.
make_image() {
  local dir=$work/image/$1 applet
  mkdir -p "$dir/root"/{bin,data,tmp}
  cp /usr/bin/busybox "$dir/root/bin/busybox" 2>/dev/null || cp /bin/busybox "$dir/root/bin/busybox"
  for applet in sh sleep cat sync ls dd sha256sum; do
    ln -s busybox "$dir/root/bin/$applet"
  done
  tar -C "$dir/root" --owner=0 --group=0 -cf "$dir/layer.tar" .
  jq -n --arg id "sha256:$(sha256sum "$dir/layer.tar" | cut -d' ' -f1)" '{architecture: "amd64", os: "linux",
    config: {Cmd: ["/bin/sh", "-c", "trap \"exit 0\" TERM; while :; do sleep 3600 & wait; done"], Env: ["PATH=/bin"]},
    rootfs: {type: "layers", diff_ids: [$id]}}' >"$dir/config.json"
  jq -n --arg name "localhost/$1:1" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$dir/manifest.json"
  tar -C "$dir" -cf "$dir.tar" manifest.json config.json layer.tar
}

containerd_up() {
  mkdir -p /run/containerd
  cat >"$work/containerd.toml" <<TOML
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$socket"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
TOML
  start_daemon "$work/containerd.pid" /var/log/containerd.log "$work/containerd.toml" \
    /usr/bin/containerd --config "$work/containerd.toml"
  within 60 'containerd answers' on_containerd version
  local name
  for name in pause box; do
    make_image "$name"
    on_containerd images import --snapshotter native "$work/image/$name.tar"
  done
}

on_containerd() { timeout 30 ctr --address "$socket" --namespace k8s.io "$@" >/dev/null 2>&1; }

kubelet_starts() {
  start_daemon "$work/kubelet.pid" "$kubelet_log" --hostname-override="$node" \
    "$KUBELET" --hostname-override="$node" --root-dir="$kubelet_dir" --volume-plugin-dir="$plugins" \
    --cert-dir="$kubelet_dir/pki" --pod-manifest-path="$manifests" --pod-infra-container-image=localhost/pause:1 \
    --container-runtime=remote --container-runtime-endpoint="unix://$socket" \
    --cgroups-per-qos=false --enforce-node-allocatable= --fail-swap-on=false --eviction-hard= \
    --oom-score-adj=0 --make-iptables-util-chains=false --address=127.0.0.1 --port=10250 \
    --read-only-port=10255 --healthz-port=10248 --sync-frequency=2s --file-check-frequency=2s --v=2
  # The shell is not to tell of its end.
  disown "$!"
}

kubelet_up() {
  kubelet_starts
  within 120 "kubelet answers ($(tail -n 3 "$kubelet_log"))" pods_known
}

kubelet_pid() { daemon_pid "$work/kubelet.pid" --hostname-override="$node"; }

# kubelet_down SIGNAL
kubelet_down() {
  signal_daemons "$1" --hostname-override="$node" "$work/kubelet.pid"
  within 30 "kubelet ends by SIG$1" no_daemon_left --hostname-override="$node" "$work/kubelet.pid"
}

pods_known() { pods >/dev/null; }
pods() {
  local said
  said=$(timeout 5 busybox wget -q -O - http://127.0.0.1:10255/pods 2>/dev/null) || return 1
  jq -e '.items // []' <<<"$said"
}
