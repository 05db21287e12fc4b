#!/usr/bin/env bats
# 1_ceph_bootstrap_mon.sh and 1b_ceph_add_mon.sh

load stubs
load cluster

folder=$BATS_TEST_DIRNAME/../../deploy/ceph

setup() {
  node_new
  named_node node1 172.16.4.101
}

teardown() { node_check; }

# empty_node MAJOR: with Ceph's programs and nothing else of Ceph.
empty_node() {
  cluster_new "$1"
  rm -r "$upper/etc/ceph"
  node bash -c 'rm -rf /etc/ceph /var/lib/ceph; mkdir /etc/ceph /var/lib/ceph'
  daemons_new
  act 'ceph *fsid' 'sed -n "s/^fsid = //p" /etc/ceph/ceph.conf'
  answer 'ceph *config get mon auth_allow_insecure_global_id_reclaim' true
  answer 'ceph *config set mon auth_allow_insecure_global_id_reclaim false'
}

first() { node "$folder/1_ceph_bootstrap_mon.sh" 172.16.4.101 24 172.16.4.101 24 "$@"; }

@test "a first monitor on Jewel; again: no change, the same cluster and key" {
  empty_node 10
  run first
  [ "$status" -eq 0 ]
  has 'the monitor node1 of Ceph 10 answers'
  called 'monmaptool --create --clobber --fsid'
  called '--add node1 172.16.4.101'
  not_called --addv
  not_called 'config set'
  not_called mgr
  for file in etc/ceph/ceph.conf etc/ceph/ceph.client.admin.keyring; do
    cp "$upper/$file" "$BATS_TEST_TMPDIR/${file##*/}"
  done
  [ "$(stat -c %a "$upper/etc/ceph/ceph.client.admin.keyring")" = 600 ]
  secretly "$(awk '/key/ { print $3 }' "$upper/etc/ceph/ceph.client.admin.keyring")"
  run first
  [ "$status" -eq 0 ]
  has 'no change: '
  cmp "$upper/etc/ceph/ceph.conf" "$BATS_TEST_TMPDIR/ceph.conf"
  cmp "$upper/etc/ceph/ceph.client.admin.keyring" "$BATS_TEST_TMPDIR/ceph.client.admin.keyring"
}

@test "today: both protocols, a manager, no clients that prove nothing" {
  empty_node 16
  run first
  [ "$status" -eq 0 ]
  called '--addv node1 [v2:172.16.4.101:3300,v1:172.16.4.101:6789]'
  called 'config set mon auth_allow_insecure_global_id_reclaim false'
  called 'systemctl start ceph-mgr@node1'
  run first --old-clients
  [ "$status" -eq 0 ]
}

@test "killed at any step: the next run goes on, with the cluster's id and key of the first" {
  empty_node 16
  for step in 'ceph-authtool --create-keyring */admin *' 'ceph-authtool --create-keyring */mon *' 'monmaptool *' \
    'ceph-mon --mkfs *' 'systemctl enable ceph-mon@node1' 'systemctl start ceph-mon@node1' 'ceph *auth get client.bootstrap-osd' \
    'systemctl start ceph-mgr@node1'; do
    node bash -c 'rm -rf /etc/ceph /var/lib/ceph; mkdir -p /var/lib/ceph /etc/ceph'
    rm -f "$stubs/"{enabled,active}-*
    act "$step" power_cut
    run first
    [ "$status" -eq 137 ]
    forget_rule
    fsid=$(sed -n 's/^fsid = //p' "$upper/etc/ceph/ceph.conf")
    key=$(cat "$upper/etc/ceph/ceph.client.admin.keyring" 2>/dev/null || true)
    run first
    [ "$status" -eq 0 ]
    has 'done: '
    [ "$fsid" = "$(sed -n 's/^fsid = //p' "$upper/etc/ceph/ceph.conf")" ]
    [ -z "$key" ] || [ "$key" = "$(cat "$upper/etc/ceph/ceph.client.admin.keyring")" ]
    [ -f "$upper/var/lib/ceph/mon/ceph-node1/kv_backend" ]
    [ -z "$(find "$upper/var/lib/ceph" -name '*cephrbd-new*')" ]
    [ -z "$(find "$node_root/run" -name 'cephrbd-deploy.*' -type d)" ]
  done
}

@test "refused: a node of another cluster, a key without a conf, a store without a conf" {
  empty_node 16
  printf '[global]\nfsid = 11111111-2222-3333-4444-555555555555\n' | put_on_node /etc/ceph/ceph.conf
  run first
  [ "$status" -eq 1 ]
  has 'this node belongs to cluster 11111111-2222-3333-4444-555555555555'
  rm "$upper/etc/ceph/ceph.conf"
  printf '[client.admin]\n\tkey = %s\n' "$admin_key" | put_on_node /etc/ceph/ceph.client.admin.keyring
  run first
  [ "$status" -eq 1 ]
  has 'the key of another cluster?'
  rm "$upper/etc/ceph/ceph.client.admin.keyring"
  mkdir -p "$upper/var/lib/ceph/mon/ceph-node1"
  run first
  [ "$status" -eq 1 ]
  has "there is a monitor's store"
  not_called mkfs
}

@test "refused: other addresses than the first time" {
  empty_node 16
  run first
  [ "$status" -eq 0 ]
  printf 'ip address add 172.16.5.1/24 dev lo\n' >>"$stubs/before"
  run node "$folder/1_ceph_bootstrap_mon.sh" 172.16.5.1 24 172.16.5.1 24
  [ "$status" -eq 1 ]
  has 'give the same addresses as then'
}

@test "all that is wrong is told at once: address, prefix, name" {
  empty_node 16
  printf '127.0.0.1 localhost\n' >"$upper/etc/hosts"
  answer 'getent hosts node1' '' 2
  run node "$folder/1_ceph_bootstrap_mon.sh" 172.16.4.99 24 172.16.4.101 16
  [ "$status" -eq 1 ]
  has 'no interface of this node has 172.16.4.99'
  has '172.16.4.101 has the prefix 24 here, not 16'
  has 'the name node1 resolves to nothing'
  has 'checks that failed: 3. Nothing was changed'
}

@test "refused: a port that somebody has" {
  empty_node 16
  answer 'ss *6789*' 'LISTEN 0 128 172.16.4.101:6789 0.0.0.0:*'
  answer 'ss *3300*'
  run first
  [ "$status" -eq 1 ]
  has 'ports that are taken on 172.16.4.101: 6789'
}

@test "a dry run changes nothing" {
  empty_node 16
  before=$(changes)
  run first --dry-run
  [ "$status" -eq 0 ]
  diff <(printf '%s\n' "$before") <(changes)
  not_called mkfs
  not_called 'systemctl start'
}

@test "in Chinese" {
  empty_node 10
  run chinese_node "$folder/1_ceph_bootstrap_mon.sh" 172.16.4.101 24 172.16.4.101 24
  [ "$status" -eq 0 ]
  has '完成：Ceph 10 的 mon node1 工作正常'
}

# further_node MAJOR: node2, which has the cluster's conf and admin key.
further_node() {
  named_node node2 172.16.4.102
  cluster_new "$1"
  node bash -c 'rm -rf /var/lib/ceph; mkdir /var/lib/ceph'
  daemons_new
  act 'ceph *mon dump' 'echo "0: 172.16.4.101:6789/0 mon.node1"; [[ ! -e /run/stub/active-ceph-mon@node2 ]] || echo "1: 172.16.4.102:6789/0 mon.node2"'
  act 'ceph *mon getmap -o *' ': >"${@: -1}"'
  answer 'ceph *auth get mon.' '[mon.]
	key = AQMONMONMON=='
  act 'ceph *quorum_status' '[[ -e /run/stub/active-ceph-mon@node2 ]] && echo "{\"quorum_names\":[\"node1\",\"node2\"]}"'
}

@test "a further monitor: ceph.conf names both; again: no change" {
  further_node 10
  run node "$folder/1b_ceph_add_mon.sh" 172.16.4.102 24
  [ "$status" -eq 0 ]
  grep -qx 'mon_host = 172.16.4.101,172.16.4.102' "$upper/etc/ceph/ceph.conf"
  secretly AQMONMONMON
  run node "$folder/1b_ceph_add_mon.sh" 172.16.4.102 24
  [ "$status" -eq 0 ]
  has 'no change: '
}

@test "a further monitor, killed at any step" {
  for step in 'ceph *mon getmap -o *' 'ceph *auth get mon.' 'ceph-mon --mkfs *' 'systemctl start ceph-mon@node2'; do
    rm -rf "$stubs/rules/"* "$stubs/"{enabled,active}-*
    further_node 10
    act "$step" power_cut
    run node "$folder/1b_ceph_add_mon.sh" 172.16.4.102 24
    [ "$status" -eq 137 ]
    forget_rule
    run node "$folder/1b_ceph_add_mon.sh" 172.16.4.102 24
    [ "$status" -eq 0 ]
    [ -f "$upper/var/lib/ceph/mon/ceph-node2/kv_backend" ]
  done
}

@test "a further monitor is refused without the cluster's conf or key, and for a name or address that another has" {
  further_node 10
  answer 'ceph *mon dump' '0: 172.16.4.101:6789/0 mon.node1
1: 172.16.4.77:6789/0 mon.node2'
  run node "$folder/1b_ceph_add_mon.sh" 172.16.4.102 24
  [ "$status" -eq 1 ]
  has 'a monitor node2 is known at'
  answer 'ceph *mon dump' '0: 172.16.4.102:6789/0 mon.node1'
  run node "$folder/1b_ceph_add_mon.sh" 172.16.4.102 24
  [ "$status" -eq 1 ]
  has 'the monitor node1 has the address 172.16.4.102'
  rm "$upper/etc/ceph/"*
  run node "$folder/1b_ceph_add_mon.sh" 172.16.4.102 24
  [ "$status" -eq 1 ]
  has 'names no cluster'
  has 'there is no /etc/ceph/ceph.client.admin.keyring'
  not_called mkfs
}
