# shellcheck shell=bash
# A machine with a kernel of its own on the nodes' network: what a node with the kernel module rbd
# is. Its files are this machine's own. Needs lib.sh.
# shellcheck disable=SC2154

guest=$work/guest

# guest_run SCRIPT SECONDS: the script there, as root, with the cluster's conf and keys.
guest_run() {
  local status=0 switch
  switch=$(switch_of)
  rm -f "$guest/output"
  cp "$1" "$guest/guest.sh"
  "$root/deploy/lab/uml/uml.sh" run --share "$guest" --net "$switch" --addr 172.16.4.110/24 --mem 1G --seconds "$2" || status=$?
  cat "$guest/output" 2>/dev/null || true
  ((status == 0)) || {
    tail -n 20 "$guest/console" 2>/dev/null || true
    return "$status"
  }
}

# Where the nodes' cables end.
switch_of() { bench status | sed -n 's/^bridge .* in //p'; }

guest_up() {
  local switch
  switch=$(switch_of)
  ip -n "$switch" tuntap add dev tap0 mode tap
  ip -n "$switch" link set tap0 master br0 up
  mkdir -m 0700 "$guest" "$guest/cephrbd"
  tar -xzf "$artifacts"/packages/cephrbd-*-linux-x64.tar.gz --strip-components=1 -C "$guest/cephrbd"
}

# What 4_distribute_conf.sh would bring.
guest_conf() {
  on node3 cat /etc/ceph/ceph.conf >"$guest/ceph.conf"
  (umask 077 && on node3 cat /etc/ceph/ceph.client.cephrbd.keyring >"$guest/ceph.client.cephrbd.keyring")
}

# run_in_guest CODE: a block of the document.
run_in_guest() {
  guest_conf
  {
    cat "$root/tests/pipeline/guest-begin.sh"
    printf 'start_udevd\n%s\n' "$1"
  } >"$guest/block.sh"
  guest_run "$guest/block.sh" 180
}

guest_scenario() {
  guest_conf
  cat "$root/tests/pipeline/guest-begin.sh" "$root/tests/pipeline/guest-$1.sh" >"$guest/scenario.sh"
  guest_run "$guest/scenario.sh" "$2"
}
