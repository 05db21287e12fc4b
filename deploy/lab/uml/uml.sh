#!/usr/bin/env bash
# Runs a script under a real Linux kernel with rbd and nbd, as a process of this machine
# (user-mode Linux): no image to build, no KVM; the guest's root is the machine's own
# file system, with memory laid over /run, /tmp, /mnt, /var/log, /var/tmp, /etc/ceph.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../../lib/common.sh"

usage() {
  cat <<'TEXT'
usage: uml.sh net up NAME IP/BITS
       uml.sh net down NAME
       uml.sh run --share DIR [--net NAME --addr IP/BITS] [--mem SIZE] [--seconds N]

net up    makes the network namespace NAME with a bridge that has the address, and a
          tap for one guest. Start a lab in it by: ip netns exec NAME lab.sh up ...
net down  removes it; fine if there is none.
run       boots, runs DIR/guest.sh as root and powers off. DIR is the only folder that
          guest and machine both see written; the script's output goes to DIR/output,
          the kernel's to DIR/console. Exit status: the script's; 125 when the guest
          could not be set up, 124 when N seconds (default 120) were over.
          SIZE: the guest's memory (default 512M).
TEXT
}

net_up() {
  local name=$1 address=$2
  ip netns add "$name"
  ip -n "$name" -batch - <<IP || {
link set lo up
link add br0 type bridge
addr add $address dev br0
tuntap add dev tap0 mode tap
link set tap0 master br0 up
link set br0 up
IP
    net_down "$name"
    die "the network $name could not be made"
  }
}

net_down() {
  if [[ -e /run/netns/$1 ]]; then
    ip netns del "$1"
  fi
}

child=
stop_child() {
  if [[ -n $child ]]; then
    # timeout hands the signal on to the whole of its process group, and kills it after that.
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
}

run() {
  local share='' net='' addr='' mem=512M seconds=120 status=0
  while (($# > 0)); do
    need_value "$1" $#
    case $1 in
      --share) share=$2 ;;
      --net) net=$2 ;;
      --addr) addr=$2 ;;
      --mem) mem=$2 ;;
      --seconds) seconds=$2 ;;
      *) die "run: option $1 is unknown" ;;
    esac
    shift 2
  done
  share=$(realpath -e -- "$share")
  [[ $share =~ ^[A-Za-z0-9/._+-]+$ ]] || die 'the shared folder may have only letters, digits and / . _ + - in its name'
  [[ -f $share/guest.sh ]] || die "there is no $share/guest.sh"
  [[ $mem =~ ^[0-9]+[MG]$ && $seconds =~ ^[1-9][0-9]*$ ]] || die '--mem takes a number and M or G, --seconds a number'
  [[ (-n $net && -n $addr) || -z $net$addr ]] || die '--net and --addr belong together'
  command -v linux.uml >/dev/null || die 'linux.uml is missing: apt install user-mode-linux'
  command -v modprobe >/dev/null || die 'modprobe is missing: apt install kmod'

  local -a kernel=(linux.uml rootfstype=hostfs rw init="$here/init.sh" mem="$mem" quiet
    con=null "con0=fd:0,fd:1" uml_dir="$share" umid=uml share="$share")
  if [[ -n $net ]]; then
    kernel=(ip netns exec "$net" "${kernel[@]}" "vec0:transport=tap,ifname=tap0,depth=128,gro=1" addr="$addr")
  fi
  rm -f "$share/status" "$share/output" "$share/console"
  on_exit stop_child
  timeout -k 5 "$seconds" "${kernel[@]}" </dev/null >"$share/console" 2>&1 &
  child=$!
  wait "$child" || status=$?
  child=
  ((status != 124 && status != 137)) || {
    warn "the guest did not end within $seconds seconds"
    exit 124
  }
  if [[ ! -s $share/status ]]; then
    tail -n 20 "$share/console" >&2
    warn "the guest ended early, with status $status"
    exit 125
  fi
  return "$(<"$share/status")"
}

((EUID == 0)) || die 'only root can make network namespaces and mount'
case "${1:-} ${2:-}" in
  'net up')
    (($# == 4)) || die 'net up takes a name and an address'
    net_up "$3" "$4"
    ;;
  'net down')
    (($# == 3)) || die 'net down takes a name'
    net_down "$3"
    ;;
  'run '*)
    shift
    run "$@"
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
