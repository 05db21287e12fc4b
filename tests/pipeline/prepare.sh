# shellcheck shell=bash
# What the guide finds on its nodes: the files, a storage product that mounts /dev/sdb of node1,
# kubelet on node3, an API server on node1. Needs lib.sh.
# shellcheck disable=SC2154

standins=$root/tests/deploy/standins

# send NODE MODE PATH: stdin to a file there.
send() {
  # shellcheck disable=SC2016 # for the node's shell
  bench run "$1" --stdin --seconds 60 bash -c 'mkdir -p "${2%/*}" && cat >"$2" && chmod "$1" "$2"' - "$2" "$3"
}

# A source of packages instead of a distribution's; all of them are in a folder.
give_files() {
  send "$1" 0600 /root/cephrbd-linux-x64.tar.gz <"$(echo "$artifacts"/packages/cephrbd-*-linux-x64.tar.gz)"
  send "$1" 0644 "/root/$(basename "$artifacts"/packages/cephrbd_*_amd64.deb)" <"$(echo "$artifacts"/packages/cephrbd_*_amd64.deb)"
  send "$1" 0644 /etc/apt/sources.list <<<'deb [trusted=yes] file:/srv/ceph-debs ./'
}

# The disk of the guide's node1 belongs to somebody else, who mounts it late and in his own way.
own_disk() {
  send node1 0644 /etc/systemd/system/vespace.service <<'UNIT'
[Unit]
Description=A storage product with a disk of its own
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'sleep 5; mount /dev/sdb /vespace/chain/data-9908b8a2-08c0-44b5-8da1-876f8a8c7d36'
ExecStop=/bin/umount -l /vespace/chain/data-9908b8a2-08c0-44b5-8da1-876f8a8c7d36
[Install]
WantedBy=multi-user.target
UNIT
  sh_on node1 'mkfs.xfs -q /dev/sdb; mkdir -p /vespace/chain/data-9908b8a2-08c0-44b5-8da1-876f8a8c7d36
    systemctl daemon-reload; systemctl -q enable --now vespace'
}

# stand_in NODE NAME PATH: among the processes it has the name of what it stands in for.
stand_in() {
  send "$1" 0644 "/opt/standins/$2.py" <"$standins/$2"
  # shellcheck disable=SC2016 # for the node's shell
  printf '#!/bin/bash\nexec -a "$0" /usr/bin/python3 /opt/standins/%s.py "$@"\n' "$2" | send "$1" 0755 "$3"
}

# give_kubelet NODE: as kubeadm leaves it, but the program only looks like kubelet.
give_kubelet() {
  local name
  stand_in "$1" kubelet /usr/bin/kubelet
  for name in frakti hyperd hyperctl; do
    stand_in "$1" "$name" "/root/out/$name"
  done
  send "$1" 0644 /etc/systemd/system/kubelet.service <<'UNIT'
[Unit]
Description=kubelet
[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10
[Install]
WantedBy=multi-user.target
UNIT
  send "$1" 0644 /etc/systemd/system/kubelet.service.d/10-kubeadm.conf <<'UNIT'
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--kubeconfig=/etc/kubernetes/kubelet.conf"
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_EXTRA_ARGS
UNIT
  # hyperd's kernel for VMs, and QEMU: they are looked for, and never started here.
  sh_on "$1" 'mkdir -p /var/lib/hyper; echo standin >/var/lib/hyper/kernel; echo standin >/var/lib/hyper/hyper-initrd.img
    ln -sf /bin/true /usr/bin/qemu-system-x86_64; systemctl daemon-reload; systemctl -q enable --now kubelet'
}

# An API server that is reached by the address that nobody has yet.
give_api_server() {
  send node1 0644 /etc/kubernetes/manifests/kube-apiserver.yaml <<<'kind: Pod'
  send node1 0600 /etc/kubernetes/kubelet.conf <<'CONF'
apiVersion: v1
kind: Config
clusters:
- name: kubernetes
  cluster:
    server: https://172.16.4.250:6443
CONF
  send node1 0644 /etc/systemd/system/api-server.service <<'UNIT'
[Unit]
Description=Listens where the API server would
[Service]
WorkingDirectory=/srv
ExecStart=/usr/bin/python3 -m http.server 6443
[Install]
WantedBy=multi-user.target
UNIT
  sh_on node1 'systemctl daemon-reload; systemctl -q enable --now api-server'
}

prepare_all() {
  local node
  for node in node1 node2 node3; do
    give_files "$node"
  done
  own_disk
  give_kubelet node3
  give_api_server
}
