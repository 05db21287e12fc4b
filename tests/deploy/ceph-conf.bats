#!/usr/bin/env bats
# 4_distribute_conf.sh

load stubs
load cluster

script=$BATS_TEST_DIRNAME/../../deploy/ceph/4_distribute_conf.sh

setup() {
  node_new
  cluster_new 16
  user_rules
  ssh_hosts
}

teardown() { node_check; }

there() { printf '%s\n' "$stubs/hosts/$1"; }

@test "conf and keys reach each host with their modes, and a second run changes nothing" {
  run node "$script" node2 172.16.4.103 --osd
  [ "$status" -eq 0 ]
  has 'done: ceph.conf and the key of client.cephrbd are on'
  for one in node2 172.16.4.103; do
    cmp "$upper/etc/ceph/ceph.conf" "$(there "$one")/ceph/ceph.conf"
    [ "$(stat -c %a "$(there "$one")/ceph/ceph.conf")" = 644 ]
    [ "$(stat -c %a "$(there "$one")/ceph/ceph.client.cephrbd.keyring")" = 600 ]
    grep -qF "$user_key" "$(there "$one")/ceph/ceph.client.cephrbd.keyring"
    grep -qF "$bootstrap_key" "$(there "$one")/lib/bootstrap-osd/ceph.keyring"
    [ "$(stat -c %a "$(there "$one")/lib/bootstrap-osd/ceph.keyring")" = 600 ]
    [ ! -e "$(there "$one")/ceph/ceph.client.admin.keyring" ]
  done
  grep -qF "$user_key" "$upper/etc/ceph/ceph.client.cephrbd.keyring"
  run node "$script" node2 172.16.4.103 --osd
  [ "$status" -eq 0 ]
  has 'no change: '
}

@test "no key is in an argument, in the log or on the terminal" {
  run node "$script" node2 --osd --admin
  [ "$status" -eq 0 ]
  for secret in "$user_key" "$bootstrap_key" "$admin_key"; do
    secretly "$secret"
  done
  grep -qF "$admin_key" "$(there node2)/ceph/ceph.client.admin.keyring"
  has 'owns the cluster'
  called 'bash -s'
}

@test "the user's rights are least, with the profiles of Luminous and newer" {
  run node "$script" --here
  [ "$status" -eq 0 ]
  called 'auth get-or-create client.cephrbd mon profile rbd osd profile rbd pool=hyper'
  not_called ssh
}

@test "on Jewel the rights are spelled out" {
  cluster_new 10
  user_rules
  run node "$script" --here
  [ "$status" -eq 0 ]
  called 'auth get-or-create client.cephrbd mon allow r, allow command "osd blacklist" osd allow class-read object_prefix rbd_children, allow rwx pool=hyper'
  forget_calls
  # What Ceph prints with escaped quotes is understood as the same.
  run node "$script" --here
  [ "$status" -eq 0 ]
  has 'no change: '
  not_called 'auth caps'
}

@test "a user with other rights is left alone, and what differs is told" {
  with_user 'mon = "allow r"' 'osd = "allow rwx pool=hyper"'
  run node "$script" node2
  [ "$status" -eq 1 ]
  has "client.cephrbd exists with other rights: mon 'allow r' osd 'allow rwx pool=hyper'"
  has --update-caps
  not_called 'auth caps'
  [ ! -e "$(there node2)/ceph/ceph.conf" ]
}

@test "--update-caps changes them, and keeps the key that some releases print" {
  with_user 'mon = "allow r"' 'osd = "allow rwx pool=hyper"'
  run node "$script" --here --update-caps
  [ "$status" -eq 0 ]
  called 'auth caps client.cephrbd mon profile rbd osd profile rbd pool=hyper'
  secretly "$user_key"
}

@test "all that is wrong with the hosts is told at once, and nothing is done" {
  : >"$stubs/unreachable-node2"
  mkdir -p "$(there node3)/ceph"
  printf '[global]\nfsid = 11111111-2222-3333-4444-555555555555\n' >"$(there node3)/ceph/ceph.conf"
  run node "$script" node2 node3 node4
  [ "$status" -eq 1 ]
  has 'node2: ssh as root does not work: ssh: connect to host node2 port 22: No route to host'
  has 'node3 belongs to cluster 11111111-2222-3333-4444-555555555555'
  [ ! -e "$(there node4)/ceph/ceph.conf" ]
  not_called get-or-create
}

@test "--replace keeps the other cluster's conf beside" {
  mkdir -p "$(there node3)/ceph"
  printf '[global]\nfsid = 11111111-2222-3333-4444-555555555555\n' >"$(there node3)/ceph/ceph.conf"
  run node "$script" node3 --replace
  [ "$status" -eq 0 ]
  grep -q 11111111 "$(there node3)/ceph/ceph.conf.11111111-2222-3333-4444-555555555555"
  grep -qF "$fsid" "$(there node3)/ceph/ceph.conf"
}

@test "a node whose ceph.conf names another cluster than the one that answers is refused" {
  answer 'ceph *fsid' 99999999-2222-3333-4444-555555555555
  run node "$script" --here
  [ "$status" -eq 1 ]
  has 'the cluster is 99999999-2222-3333-4444-555555555555, but /etc/ceph/ceph.conf says'
}

@test "the other node's network is tried with the key that it got" {
  act 'ceph *--name client.cephrbd*' 'echo "RADOS timed out" >&2; exit 1'
  run node "$script" node2
  [ "$status" -eq 1 ]
  has 'does not reach the monitors 172.16.4.101 from: '
  has node2
}

@test "a killed run is taken up where it was" {
  # The power fails on the first host, between its files.
  act 'ceph *auth get client.cephrbd' '[[ ! -f /run/stub/user ]] || power_cut; exit 2'
  run node "$script" node2
  [ "$status" -eq 137 ]
  rm -r "$stubs/rules/"*
  cluster_new 16
  user_rules
  ssh_hosts
  run node "$script" node2
  [ "$status" -eq 0 ]
  [ -z "$(find "$node_root/run" -name 'cephrbd-deploy.*' -type d)" ]
  cmp "$upper/etc/ceph/ceph.conf" "$(there node2)/ceph/ceph.conf"
}

@test "a dry run changes nothing, here and there" {
  before=$(changes)
  run node "$script" node2 --osd --dry-run
  [ "$status" -eq 0 ]
  has 'would run: ceph auth get-or-create client.cephrbd'
  diff <(printf "%s\n" "$before") <(changes)
  [ ! -e "$(there node2)/ceph/ceph.conf" ]
  not_called get-or-create
}

@test "wrong arguments" {
  run node "$script"
  [ "$status" -eq 2 ]
  has 'name the hosts'
  run node "$script" -- -oProxyCommand=x
  [ "$status" -eq 2 ]
  run node "$script" 'a;b'
  [ "$status" -eq 2 ]
  run node "$script" node2 --user admin
  [ "$status" -eq 2 ]
  run node "$script" --here node2
  [ "$status" -eq 2 ]
}

@test "in Chinese, also what the other node says" {
  run chinese_node "$script" node2
  [ "$status" -eq 0 ]
  has 'node2：已写入 /etc/ceph/ceph.conf'
  has '完成：ceph.conf 和 client.cephrbd 的密钥已就位'
}
