#!/usr/bin/env bash
# The floating address of the masters: on no interface; added as the remedy says; the server
# behind it away; held by another machine.
# shellcheck source=tests/CephRbd.LabTests/Doctor/node/lib.sh
. "$(dirname "$0")/../lib.sh"

# shellcheck disable=SC2016 # Perl's own variables
listen='$s = IO::Socket::INET->new(LocalAddr => "172.16.4.250:6443", ReuseAddr => 1, Listen => 5) or die'

ask
finding api-server skipped /etc/kubernetes/kubelet.conf

ip link add eth0 type veth peer name other
ip addr add 172.16.4.101/24 dev eth0
ip link set eth0 up
ip link set other up
printf 'apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: LS0tLS1CRUdJTg==\n    server: https://172.16.4.250:6443\n  name: kubernetes\n' >/etc/kubernetes/kubelet.conf
ask
finding api-server failed https://172.16.4.250:6443 'on one master' 'ip addr add 172.16.4.250/24 dev eth0'

touch /etc/kubernetes/manifests/kube-apiserver.yaml
ask
finding api-server failed 'Nobody in the subnet of eth0' '7_floating_ip.sh 172.16.4.250/24 eth0'
[[ $remedy == 'ip addr add 172.16.4.250/24 dev eth0;'* ]] || die "not the remedy: $remedy"
bash -c "${remedy%%;*}"

# The address is there, the server not yet.
ask
finding api-server failed "this node's own (eth0)" 'grep kube-apiserver'
start kube-apiserver "$listen"
until_true eval 'ss -ltn | grep -q 172.16.4.250:6443'
ask
finding api-server ok https://172.16.4.250:6443
stop "$pid"

# Another machine has it: it must not be given twice.
ip addr del 172.16.4.250/24 dev eth0
ip netns add cephrbd-test-other
ip link set other netns cephrbd-test-other
ip -n cephrbd-test-other addr add 172.16.4.250/24 dev other
ip -n cephrbd-test-other link set other up
ask
finding api-server failed 'Another machine has 172.16.4.250'
[[ $remedy != *'ip addr add'* ]] || die "it would be given twice: $remedy"
ip netns del cephrbd-test-other

# kubelet names its own file; a name instead of an address.
printf -- '- cluster:\n    server: https://masters.test:6443\n' >/etc/kubernetes/own.conf
kubelet --kubeconfig=/etc/kubernetes/own.conf
ask
finding api-server failed masters.test /etc/kubernetes/own.conf 'getent hosts masters.test'
printf '127.0.0.1 masters.test\n' >>/etc/hosts
# shellcheck disable=SC2016 # Perl's own variables
start kube-apiserver '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:6443", ReuseAddr => 1, Listen => 5) or die'
until_true eval 'ss -ltn | grep -q 127.0.0.1:6443'
ask
finding api-server ok masters.test
