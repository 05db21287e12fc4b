#!/usr/bin/env bats
# 4, 5 and 7 of deploy/ceph against a real cluster on this machine

load ../stubs

folder=$BATS_TEST_DIRNAME/../../../deploy

setup_file() {
  lab=$(mktemp -d "${BATS_TMPDIR:-/tmp}/cephrbd-lab.XXXXXX")
  export lab
  # The daemons outlive this call; bats waits for whoever has its descriptor 3.
  "$folder/lab/lab.sh" up --dir "$lab" 3>&- >&2
}

teardown_file() { "$folder/lab/lab.sh" down --dir "$lab" 3>&- >&2; }

# A node of the lab's network, with its conf and the admin's key; the tests share the cluster.
setup() {
  node_network=host
  node_new
  mkdir -p "$upper/etc/ceph"
  chmod 0755 "$upper/etc/ceph"
  sed '/^keyring = .*name.keyring/d' "$lab/ceph.conf" >"$upper/etc/ceph/ceph.conf"
  cp "$lab/ceph.client.admin.keyring" "$upper/etc/ceph/"
}

teardown() { node_check; }

in_lab() { timeout 30 ceph -c "$lab/ceph.conf" --connect-timeout 10 "$@"; }

script() { node "$folder/ceph/$1" "${@:2}"; }

@test "a pool is made once, and is clean; others are told about" {
  run script 5_create_hyper_pool.sh 16 --pool two --size 2
  [ "$status" -eq 0 ]
  has 'done: the pool two is ready'
  has 'two: size: 2, min_size: 2, pg_num: 16, application: rbd'
  run script 5_create_hyper_pool.sh 16 --pool two --size 2
  [ "$status" -eq 0 ]
  has 'no change: '
  run script 5_create_hyper_pool.sh 32
  [ "$status" -eq 0 ]
  has 'the pool hyper has pg_num 64, not 32'
}

@test "a pool that the OSDs cannot hold is refused" {
  run script 5_create_hyper_pool.sh 1024 --pool three --size 9
  [ "$status" -eq 1 ]
  has 'each of the 9 copies needs its own osd'
  has '250 is the limit'
  [[ $(in_lab osd pool ls) != *three* ]]
}

@test "the pool rbd goes when it is empty, and not before" {
  in_lab osd pool create rbd 8 8
  timeout 30 rados -c "$lab/ceph.conf" -p rbd -N other put x /etc/hostname
  run script 5_create_hyper_pool.sh
  [ "$status" -eq 0 ]
  has 'not proved empty'
  [[ $(in_lab osd pool ls) == *rbd* ]]
  timeout 30 rados -c "$lab/ceph.conf" -p rbd -N other rm x
  # The cluster's own count comes after some seconds.
  for ((i = 0; i < 30; i++)); do
    run script 5_create_hyper_pool.sh
    [ "$status" -eq 0 ]
    [[ $output != *'the empty pool rbd is removed'* ]] || break
  done
  has 'the empty pool rbd is removed'
  [[ $(in_lab osd pool ls) != *rbd* ]]
  [[ $(in_lab config dump) != *mon_allow_pool_delete* ]]
}

@test "the user's key is made, handed on, and enough for block devices" {
  in_lab auth rm client.cephrbd
  act 'ssh *' 'while [[ $1 != -- ]]; do shift; done
    mkdir -p /run/stub/node2/ceph /run/stub/node2/lib
    shift 2
    exec unshare -m bash -c "mount --bind /run/stub/node2/ceph /etc/ceph; mount --bind /run/stub/node2/lib /var/lib/ceph; exec \"\$@\"" sh "$@"'
  run script 4_distribute_conf.sh node2 --osd
  [ "$status" -eq 0 ]
  has 'node2: client.cephrbd reaches the cluster'
  has 'done: '
  secretly "$(in_lab auth print-key client.cephrbd)"
  secretly "$(in_lab auth print-key client.bootstrap-osd)"
  run script 4_distribute_conf.sh node2 --osd
  [ "$status" -eq 0 ]
  has 'no change: '
  rm "$upper/etc/ceph/ceph.client.admin.keyring"
  run script 7_test_rbd.sh --without-map
  [ "$status" -eq 0 ]
  has 'work for client.cephrbd here'
  [ -z "$(timeout 30 rbd -c "$lab/ceph.conf" ls hyper)" ]
}

@test "other rights are told, and changed when asked" {
  in_lab auth caps client.cephrbd mon 'allow r' osd 'allow rwx pool=hyper'
  run script 4_distribute_conf.sh --here
  [ "$status" -eq 1 ]
  has "client.cephrbd exists with other rights: mon 'allow r' osd 'allow rwx pool=hyper'"
  run script 4_distribute_conf.sh --here --update-caps
  [ "$status" -eq 0 ]
  [[ $(in_lab auth get client.cephrbd) == *'caps osd = "profile rbd pool=hyper"'* ]]
}

@test "a block device test that is killed leaves nothing after the next" {
  [ -s "$upper/etc/ceph/ceph.client.admin.keyring" ]
  act 'cmp *' power_cut
  run script 7_test_rbd.sh --without-map
  [ "$status" -eq 137 ]
  [[ $(timeout 30 rbd -c "$lab/ceph.conf" ls hyper) == *cephrbd-test-* ]]
  rm "$stubs/bin/cmp"
  run script 7_test_rbd.sh --without-map
  [ "$status" -eq 0 ]
  [ -z "$(timeout 30 rbd -c "$lab/ceph.conf" ls hyper)" ]
}
