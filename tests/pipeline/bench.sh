#!/usr/bin/env bash
# The nodes that the pipeline runs on are what it takes them for: they boot, reach each
# other, keep what is on their disks, install Ceph without a network; and nothing of them
# stays behind, however a run ends. Needs root; takes a minute, the first time some more.
set -euo pipefail
umask 022

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=deploy/lib/groups.sh
. "$root/deploy/lib/groups.sh"
# shellcheck source=deploy/lib/test.sh
. "$root/deploy/lib/test.sh"

work=$(mktemp -d /tmp/cephrbd-bench.XXXXXX)
bench=$work/bench
other=$work/other
maker=
holder=

finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  set +e
  [[ -z $maker ]] || kill -KILL "$maker" 2>/dev/null
  [[ -z $holder ]] || kill -KILL "$holder" 2>/dev/null
  at "$bench" down || status=1
  at "$other" down || status=1
  mountpoint -q "$work/lower" && umount "$work/lower"
  rm -rf --one-file-system "$work"
  exit "$status"
}

# at DIR VERB ARGUMENT…
at() {
  local dir=$1 verb=$2
  shift 2
  "$root/deploy/lab/nodes/nodes.sh" "$verb" --dir "$dir" "$@"
}

on() {
  at "$bench" run "$@"
}

expect() {
  [[ $2 == "$3" ]] || die "$1: not \"$2\", but: $3"
}

# Exit status of a command that may fail.
status_of() {
  local status=0
  "$@" >/dev/null 2>&1 || status=$?
  printf '%d\n' "$status"
}

# What a bench of ours would leave: namespaces, groups, loops, mounts, processes.
remains() {
  local word=$1
  find /run/netns -name "cephrbd-test-$word-*" 2>/dev/null
  find /sys/fs/cgroup /run/systemd/nspawn -name "cephrbd-test-$word-*" 2>/dev/null
  losetup -n -O BACK-FILE -l | grep -F "$work/" || true
  grep -oF "$work/" /proc/self/mountinfo || true
  local found
  for found in /proc/[0-9]*/cmdline; do
    found=$(tr '\0' ' ' 2>/dev/null <"$found") || continue
    [[ $found != *"$work/"* ]] || printf '%s\n' "$found"
  done 2>/dev/null
}

are_whole() {
  local node state
  for node in node1 node2 node3; do
    expect "state of $node" running "$(on "$node" systemctl is-system-running)"
    expect "name of $node" "$node" "$(on "$node" hostname)"
    expect "udevd of $node" 0 "$(status_of on "$node" udevadm control --ping)"
  done
  state=$(at "$bench" status)
  expect 'nodes that status shows running' 3 "$(grep -c ' running$' <<<"$state")"
  expect 'machine ids' 3 "$(for node in node1 node2 node3; do on "$node" cat /etc/machine-id; done | sort -u | wc -l)"
  # shellcheck disable=SC2016 # the node's shell fills it in
  expect 'ssh by name and address' 'node2 node3' "$(on node1 sh -c 'echo $(ssh node2 hostname) $(ssh root@172.16.4.103 hostname)')"
}

runs_commands() {
  expect 'status of a command' 7 "$(status_of on node1 sh -c 'exit 7')"
  expect 'status at the time limit' 124 "$(status_of on node1 --seconds 1 sleep 30)"
  expect 'no stdin' '' "$(on node1 cat <<<x)"
  expect stdin x "$(on node1 --stdin cat <<<x)"
  # shellcheck disable=SC2016 # the node's shell fills it in
  expect environment 'HOME LANG LOGNAME PATH PWD SHELL SHLVL USER' "$(SECRET=x on node1 bash -c 'echo $(compgen -e | sort)')"
  expect 'the project on a node' 2 "$(status_of on node1 ls "$root/build.sh")"
  expect 'the share' "$(ls "$root/docs")" "$(on node1 ls /srv/cephrbd)"
  expect 'writing to the share' 1 "$(status_of on node1 touch /srv/cephrbd/x)"
}

# The unit finds its disk by udev, and the mount comes back with the node.
keeps_a_disk() {
  on node1 --stdin bash -eu <<'NODE'
mkfs.ext4 -q /dev/sdb
udevadm settle -t 10
uuid=$(blkid -o value -s UUID /dev/sdb)
printf '[Mount]\nWhat=/dev/disk/by-uuid/%s\nWhere=/data\n[Install]\nWantedBy=local-fs.target\n' "$uuid" >/etc/systemd/system/data.mount
systemctl enable -q --now data.mount
echo kept >/data/file
ip address add 172.16.4.250/24 dev eth0
NODE
  expect "what $(at "$bench" disk node1) is" ext4 "$(blkid -p -o value -s TYPE "$(at "$bench" disk node1)")"
  expect 'the floating address' 0 "$(status_of on node2 ping -c 1 -W 3 172.16.4.250)"
  # As if the kernel took its time to take the old network away.
  sleep 60 9</run/netns/cephrbd-test-bench-node1-$$ &
  holder=$!
  at "$bench" reboot node1
  kill -KILL "$holder"
  holder=
  expect 'state after a reboot' running "$(on node1 systemctl is-system-running)"
  expect 'the file after a reboot' kept "$(on node1 cat /data/file)"
  expect 'the floating address after a reboot' 1 "$(status_of on node2 ping -c 1 -W 1 172.16.4.250)"
  expect 'boots in the journal' 2 "$(on node1 journalctl --list-boots -q | wc -l)"
  on node1 systemctl poweroff || true
  wait_until 30 is_off || die 'node1 did not end by itself'
  at "$bench" start node1
  expect 'the file after a power off' kept "$(on node1 cat /data/file)"
}

is_off() {
  [[ $(status_of on node1 true) == 125 ]]
}

is_cut() {
  at "$bench" cut node3
  expect 'ping to a node cut off' 1 "$(status_of on node1 ping -c 1 -W 1 node3)"
  at "$bench" status | grep -q '^node3 .* running, cut off$' || die 'status does not tell that node3 is cut off'
  at "$bench" heal node3
  expect 'ping to a node healed' 0 "$(status_of on node1 ping -c 1 -W 5 node3)"
}

installs_ceph() {
  expect 'librbd before' 1 "$(status_of on node2 sh -c 'ldconfig -p | grep librbd')"
  on node2 --stdin bash -eu <<'NODE'
echo 'deb [trusted=yes] file:/srv/ceph-debs ./' >/etc/apt/sources.list.d/ceph.list
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq -y install ceph rbd-nbd qemu-block-extra >/var/log/install 2>&1
NODE
  expect 'librbd after' 0 "$(status_of on node2 sh -c 'ldconfig -p | grep librbd')"
  [[ $(on node2 ceph --version) == 'ceph version '* ]] || die 'ceph does not run on node2'
  expect 'state after the installation' running "$(on node2 systemctl is-system-running)"
}

# An up that is killed when it has come to a file, or to a namespace.
survives_a_kill() {
  local sign
  for sign in "$other/.cephrbd-nodes" "$other/node1/disk" "$other/node2/root/root/.ssh" "$other/node1/pid" "$other/node2/udev/data"; do
    "$root/deploy/lab/nodes/nodes.sh" up --dir "$other" --nodes 2 --net killed --owner $$ 2>/dev/null &
    maker=$!
    wait_until 60 test -e "$sign" || die "up did not come to $sign within 60 seconds"
    kill -KILL "$maker"
    wait "$maker" 2>/dev/null || true
    maker=
    at "$other" down 2>/dev/null
    expect "what an up killed at $sign leaves" '' "$(remains killed)"
    [[ ! -e $other ]] || die "down left $other"
  done
}

# Nobody's bench is ended by the next test run (finish_tests), and its files by down.
ends_with_its_owner() {
  sleep 600 &
  maker=$!
  at "$other" up --nodes 1 --net orphan --owner "$maker" 2>/dev/null
  remove_networks
  remove_dead_groups
  expect 'a bench whose owner lives' running "$(at "$other" run node1 systemctl is-system-running)"
  kill "$maker"
  wait "$maker" 2>/dev/null || true
  maker=
  remove_networks 2>/dev/null
  remove_dead_groups
  expect 'namespaces and groups of the dead' '' "$(find /run/netns /sys/fs/cgroup -name 'cephrbd-test-orphan-*')"
  at "$other" down 2>/dev/null
  expect 'what an orphan leaves' '' "$(remains orphan)"
}

# Where no overlay can be, since the folder is one itself.
copies_the_root() {
  mkdir -p "$work"/{lower,upper,workdir}
  mount -t overlay bench -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/workdir" "$work/lower"
  at "$work/lower/bench" up --nodes 1 --net copied --owner $$ 2>"$work/messages"
  grep -q 'the root is copied' "$work/messages" || die "no root was copied: $(<"$work/messages")"
  expect 'state of a node with a copy' running "$(at "$work/lower/bench" run node1 systemctl is-system-running)"
  at "$work/lower/bench" down
  umount "$work/lower"
  expect 'what a copy leaves' '' "$(remains copied)"
}

on_exit finish
step 'three nodes'
at "$bench" up --net bench --owner $$ --share "$root/docs"
are_whole
runs_commands
step 'disk, reboot, cable'
keeps_a_disk
is_cut
step 'packages'
installs_ceph
step 'down'
at "$bench" up --owner $$
at "$bench" down
at "$bench" down
expect 'what down leaves' '' "$(remains bench)"
step 'what killed runs leave'
survives_a_kill
ends_with_its_owner
step 'without an overlay'
copies_the_root
step 'the bench is as it should be'
