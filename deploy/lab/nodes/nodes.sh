#!/usr/bin/env bash
# Nodes to try a deployment on: each boots a Debian 12 with its own systemd, network, disk
# and sshd, as node1, node2 … with the addresses 172.16.4.101, .102 … on eth0. All of
# them share this machine's kernel.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../../lib/common.sh"
# shellcheck source=deploy/lib/process.sh
. "$here/../../lib/process.sh"
# shellcheck source=deploy/lib/groups.sh
. "$here/../../lib/groups.sh"
# shellcheck source=deploy/lab/nodes/net.sh
. "$here/net.sh"
# shellcheck source=deploy/lab/nodes/files.sh
. "$here/files.sh"
# shellcheck source=deploy/lab/nodes/boot.sh
. "$here/boot.sh"
# shellcheck source=deploy/lab/nodes/bench.sh
. "$here/bench.sh"

usage() {
  cat <<'TEXT'
usage: nodes.sh up --dir D [--nodes N] [--net WORD] [--owner PID] [--share DIR]
       nodes.sh down --dir D
       nodes.sh status --dir D
       nodes.sh run --dir D NODE [--stdin] [--seconds N] COMMAND…
       nodes.sh start|stop|reboot|cut|heal|disk --dir D NODE

up      makes N nodes (1 to 9, default 3) in folder D and waits until each one's systemd
        is "running". From any of them the others are reached by ssh, as root, without a
        password. /dev/sdb: a blank disk of 20 GiB. /srv/ceph-debs: Ceph's packages, an
        apt source (deb [trusted=yes] file:/srv/ceph-debs ./). /srv/cephrbd: DIR; both
        read-only. Network namespaces and control groups are called
        cephrbd-test-WORD-…-PID, after the process that the bench is for (default: the
        caller): when that is gone, the next test run removes them.
        The bridge's namespace (see status) has the address 172.16.4.1.
down    ends the nodes and removes all of it, also what an up that was killed left.
status  one line for each node; exit 0 when all of them run.
run     as root, in /root, with an environment of its own, and with our stdin only if
        --stdin is given. Exit status: the command's; 124 when N seconds (default 300)
        were over; 125 when the node does not run.
stop, start, reboot
        as by the power button; what lies on the disks stays. start waits until the
        node has booted, and tells which units failed.
        A node that reboots itself stays off until it is started. A command of run that
        is still at work may hold up a stop, until it is killed after 90 seconds.
cut, heal
        unplugs the node's network cable; plugs it in again.
disk    prints the loop device that is the node's /dev/sdb; D/NODE/disk is behind it.
TEXT
}

dir=
nodes=3
word=
owner=$PPID
share=
base=
stage=

status() {
  local name state all=0
  printf 'bridge %s.1 in %s\n' "$prefix" "$(net_of net)"
  for name in $(names); do
    state=$(state_of "$name") || state=off
    [[ $state == running ]] || all=1
    [[ $state == off ]] || is_connected "$name" || state+=', cut off'
    printf '%s %s %s %s\n' "$name" "$(address_of "$name")" "$(loop_of "$name")" "$state"
  done
  return "$all"
}

need_node() {
  [[ " $(names | paste -sd ' ') " == *" $1 "* ]] || die "there is no $1 in $dir, but $(names | paste -sd ' ')"
}

start() {
  local failed
  ! outer_of "$1" >/dev/null || die "$1 runs already"
  launch "$1"
  await "$1"
  failed=$(failed_units "$1")
  [[ -z $failed ]] || warn "units failed on $1: $failed"
}

need_running() {
  outer_of "$1" >/dev/null || die "$1 does not run: nodes.sh start --dir $dir $1"
}

run() {
  local name=$1 input=/dev/null seconds=300
  shift
  while (($# > 0)); do
    case $1 in
      --stdin) input= ;;
      --seconds)
        need_value "$1" $#
        seconds=$2
        shift
        ;;
      --)
        shift
        break
        ;;
      -*) die "run: option $1 is unknown" ;;
      *) break ;;
    esac
    shift
  done
  (($# > 0)) || die 'run: no command is given'
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || die '--seconds takes a number'
  if [[ -n $input ]]; then
    enter "$name" "$seconds" "$@" </dev/null
  else
    enter "$name" "$seconds" "$@"
  fi
}

verb=${1:-help}
(($# == 0)) || shift
case $verb in
  help | -h | --help)
    usage
    exit
    ;;
  up | down | status | run | start | stop | reboot | cut | heal | disk) ;;
  *)
    usage >&2
    exit 2
    ;;
esac
while (($# > 0)); do
  case $verb:$1 in
    *:--dir | up:--nodes | up:--net | up:--owner | up:--share) need_value "$1" $# ;;
    *:-*) die "$verb: option $1 is unknown" ;;
    *) break ;;
  esac
  case $1 in
    --dir) dir=$2 ;;
    --nodes) nodes=$2 ;;
    --net) word=$2 ;;
    --owner) owner=$2 ;;
    --share) share=$(realpath -e -- "$2") ;;
  esac
  shift 2
done
[[ -n $dir ]] || die "$verb: --dir D is missing"
dir=$(realpath -m -- "$dir")
# An overlay's options are divided by commas and colons.
[[ $dir =~ ^[A-Za-z0-9/._+-]+$ && $dir != / ]] || die 'the folder may have only letters, digits and / . _ + - in its name'
[[ $share =~ ^[A-Za-z0-9/._+-]*$ ]] || die 'the shared folder may have only letters, digits and / . _ + - in its name'
[[ $nodes =~ ^[1-9]$ ]] || die '--nodes must be 1 to 9'
[[ $word =~ ^[a-z0-9-]{0,20}$ ]] || die '--net takes up to 20 small letters, digits and -'
[[ $owner =~ ^[1-9][0-9]*$ ]] || die '--owner takes the id of a process'
((EUID == 0)) || die 'only root can boot nodes'

case $verb in
  up | down)
    (($# == 0)) || die "$verb: $1 is not understood"
    "$verb"
    exit
    ;;
esac
read_marker || die "no nodes in $dir"
if [[ $verb == status ]]; then
  (($# == 0)) || die "$verb: $1 is not understood"
  status
  exit
fi
(($# > 0)) || die "$verb: which node?"
node=$1
need_node "$node"
if [[ $verb == run ]]; then
  shift
  run "$node" "$@"
  exit
fi
(($# == 1)) || die "$verb: $2 is not understood"
case $verb in
  disk)
    loop_of "$node"
    exit
    ;;
esac
lock_dir
case $verb in
  start) start "$node" ;;
  stop)
    need_running "$node"
    halt "$node"
    ;;
  reboot)
    need_running "$node"
    halt "$node"
    start "$node"
    ;;
  cut)
    need_running "$node"
    carrier "$node" down
    ;;
  heal)
    need_running "$node"
    carrier "$node" up
    ;;
esac
