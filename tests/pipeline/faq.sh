# shellcheck shell=bash
# The guide's FAQ: made to happen, told by doctor, cured by what doctor says. FAQ 2 wants a kernel
# of its own: see guest.sh. Needs lib.sh.

faq3_reproduced() {
  refuses 'timed out' sh_on node1 'timeout 3 bash -c "exec 3<>/dev/tcp/172.16.4.250/6443" || { echo timed out; exit 1; }'
  finds node1 api-server failed 'ip addr add 172.16.4.250/24 dev eth0'
}

# The mounts go, the OSDs with them: first the one that nobody stops in an orderly way, so that
# the others can tell the monitors of it.
# shellcheck disable=SC2016 # for the nodes' shells
osds_lose_their_disks() {
  sh_on node1 'systemctl stop vespace; systemctl kill -s KILL ceph-osd@$(ls /var/lib/ceph/osd | sed s/ceph-//)'
  wait_until 90 osds_up 2 || fail "the OSD of node1 is not down: $(on node1 ceph osd tree)"
  sh_on node2 'systemctl stop "$(systemd-escape -p --suffix=mount /srv/ceph/osd-*)"'
  wait_until 60 osds_up 1 || fail "the OSD of node2 is not down: $(on node1 ceph osd tree)"
  sh_on node3 'systemctl stop "$(systemd-escape -p --suffix=mount /srv/ceph/osd-*)"'
  wait_until 60 osds_up 0 || fail "the OSD of node3 is not down: $(on node1 ceph osd tree)"
  # Nothing was written to the folder below the mount instead.
  expect '' sh_on node1 'ls -A /vespace/chain/data-*/'
  expect '' sh_on node3 'ls -A /srv/ceph/osd-*/'
}

faq1_told() {
  finds node3 osds failed 'systemctl restart ceph.target'
  finds node3 osds failed findmnt
}

# node1: the mount is back, and the OSD by itself. The others by hand, as doctor says.
faq1_cured() {
  on node1 systemctl start vespace
  on node2 systemctl restart ceph.target
  on node3 systemctl restart ceph.target
  healthy 90
  finds node3 osds ok
}
