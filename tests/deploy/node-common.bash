# shellcheck shell=bash
# A stubbed node with the programs of a compute node: what stands in for hyperd, frakti, kubelet
# and systemd, and the real driver if there is one. Load it after stubs.
# shellcheck disable=SC2154

# shellcheck disable=SC2034 # for the tests
{
  scripts=$project/deploy/node
  standins=$project/tests/deploy/standins
  plugins=/usr/libexec/kubernetes/kubelet-plugins/volume/exec
  driver=$plugins/hyper~cephrbd/cephrbd
}

# compute_node: kubelet runs as after kubeadm join, with no container runtime yet; VMs could boot.
compute_node() {
  node_new
  mkdir -p "$upper"/etc/systemd/system/kubelet.service.d "$upper"/usr/bin "$upper"/var/lib/hyper "$upper/root"
  cp "$standins/kubelet" "$upper/usr/bin/kubelet"
  printf 'k\n' | tee "$upper/var/lib/hyper/kernel" >"$upper/var/lib/hyper/hyper-initrd.img"
  printf '[Unit]\nDescription=kubelet\n[Service]\nExecStart=/usr/bin/kubelet\n' >"$upper/etc/systemd/system/kubelet.service"
  # shellcheck disable=SC2016 # systemd's
  printf '[Service]\nEnvironmentFile=-/etc/default/kubelet\nExecStart=\nExecStart=/usr/bin/kubelet --kubeconfig=/etc/kubernetes/kubelet.conf $KUBELET_EXTRA_ARGS\n' \
    >"$upper/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"
  cp "$BATS_TEST_DIRNAME/systemd-standin" "$stubs/systemd"
  # shellcheck disable=SC2016 # the stub's
  act 'systemctl *' '. /run/stub/systemd "$@"'
  # shellcheck disable=SC2016 # the stub's
  act 'journalctl *' 'unit=${2%.service}; echo "words of $unit:"; tail -n 1 "/run/units/$unit.log"'
  answer 'qemu-system-x86_64 *'
  answer 'qemu-system-aarch64 *'
  answer 'docker *' '' 1
  answer 'dpkg-query *' '' 1
  answer 'kubectl *' 'Unable to connect to the server' 1
  plain_driver >"$node_root/driver"
}

# plain_driver: answers init as the driver does in runtime hyper.
plain_driver() {
  printf '#!/bin/sh\n# GLIBC_2.17\necho %s\n' \
    \''{"status":"Success","capabilities":{"attach":false,"fsGroup":false}}'\'
}

# programs FLAG…: what a first deployment is called with.
deploy=("$scripts/deploy_compute_node.sh" --settle 0 --patience 5 --skip arch)
first=("${deploy[@]}" --frakti "$standins/frakti" --hyperd "$standins/hyperd" --hyperctl "$standins/hyperctl")
