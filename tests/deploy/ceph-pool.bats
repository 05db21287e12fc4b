#!/usr/bin/env bats
# 5_create_hyper_pool.sh

load stubs
load cluster

script=$BATS_TEST_DIRNAME/../../deploy/ceph/5_create_hyper_pool.sh

setup() { node_new; }
teardown() { node_check; }

# counted POOL OBJECTS: what the cluster counts in a pool.
counted() {
  answer 'ceph *df -f json-pretty' "    \"pools\": [
            \"name\": \"hyper\",
            \"objects\": 77,
            \"name\": \"$1\",
            \"objects\": $2,"
}

@test "Jewel: pool hyper as in the guide, its empty pool rbd removed, without what Jewel does not know" {
  cluster_new 10
  pool rbd 64 3 2
  answer 'rados --all -p rbd ls'
  counted rbd 0
  run node "$script" 64
  [ "$status" -eq 0 ]
  has 'hyper: size: 3, min_size: 2, pg_num: 64'
  called 'osd pool create hyper 64 64 replicated'
  called 'osd pool delete rbd rbd --yes-i-really-really-mean-it'
  not_called 'pool init'
  not_called mon_allow_pool_delete
  not_called autoscale
  not_called 'mgr dump'
  has 'the empty pool rbd is removed'
}

@test "today: the pool is for rbd, a number that was given stays, and a second run changes nothing" {
  cluster_new 16
  run node "$script" 32
  [ "$status" -eq 0 ]
  called 'osd pool create hyper 32 32 replicated'
  called 'osd pool set hyper pg_autoscale_mode off'
  called 'rbd pool init hyper'
  has 'pg_autoscale_mode is off'
  has 'pg_num: 32, application: rbd'
  forget_calls
  run node "$script" 32
  [ "$status" -eq 0 ]
  has 'no change: '
  not_called 'pool set'
  not_called 'pool create'
}

@test "without a number the cluster may choose it" {
  cluster_new 16
  run node "$script"
  [ "$status" -eq 0 ]
  called 'osd pool create hyper 64 64'
  not_called autoscale
}

@test "a pool that exists is told about, never changed" {
  cluster_new 16
  pool hyper 16 2 1 rbd
  run node "$script" 64
  [ "$status" -eq 0 ]
  has 'the pool hyper has pg_num 16, not 64'
  has 'the pool hyper has size 2, not 3'
  has 'no change: '
  not_called 'pool set'
}

@test "a pool of cephfs or of erasure codes is refused" {
  cluster_new 16
  pool hyper 16 3 2 cephfs
  run node "$script"
  [ "$status" -eq 1 ]
  has 'the pool hyper is used by cephfs'
  printf "pool 1 'hyper' erasure size 3 min_size 2 pg_num 8 pgp_num 8\n" >"$stubs/pools"
  run node "$script"
  [ "$status" -eq 1 ]
  has 'erasure coded'
}

@test "too few hosts, no power of two: told together" {
  cluster_new 10
  answer 'ceph *osd tree' "$(osd_tree 2 10)"
  run node "$script" 100
  [ "$status" -eq 1 ]
  has '2 OSDs on 2 hosts are up, and each of the 3 copies needs its own host'
  has '100 placement groups are no power of two'
  has 'checks that failed: 2. Nothing was changed'
  not_called create
}

@test "OSDs that are down do not count" {
  cluster_new 16
  answer 'ceph *osd tree' "$(osd_tree 3 16 | sed '/osd.2 /s/ up / down /')"
  run node "$script"
  [ "$status" -eq 1 ]
  has '2 OSDs on 2 hosts are up'
}

@test "more groups than the OSDs should hold, with those of other pools" {
  cluster_new 16
  pool other 128 3 2 rbd
  run node "$script" 128
  [ "$status" -eq 1 ]
  has 'each OSD would hold 256; 250 is the limit'
}

@test "a pool rbd with objects in any namespace stays" {
  cluster_new 10
  pool rbd 64 3 2
  answer 'rados --all -p rbd ls' 'somewhere	rbd_directory'
  run node "$script"
  [ "$status" -eq 0 ]
  has 'the pool rbd is not proved empty, so it stays'
  not_called 'pool delete'
}

@test "a pool rbd stays when the listing is empty and the count is not, or is missing" {
  cluster_new 10
  pool rbd 64 3 2
  answer 'rados --all -p rbd ls'
  counted rbd 3
  run node "$script"
  [ "$status" -eq 0 ]
  not_called 'pool delete'
  answer 'ceph *df -f json-pretty' 'Error' 1
  run node "$script"
  [ "$status" -eq 0 ]
  has 'not proved empty'
  not_called 'pool delete'
}

@test "deletion is allowed for the moment only, also when it fails" {
  cluster_new 16
  pool hyper 64 3 2 rbd
  pool rbd 64 3 2
  answer 'rados --all -p rbd ls'
  counted rbd 0
  answer 'ceph *config dump' 'mon  advanced  mon_warn_on_pool_no_redundancy  false'
  answer 'ceph *config set mon mon_allow_pool_delete true'
  answer 'ceph *config rm mon mon_allow_pool_delete'
  answer 'ceph *osd pool delete *' 'Error EACCES: access denied' 13
  run node "$script"
  [ "$status" -eq 1 ]
  has 'Error EACCES'
  has "ceph auth caps client.admin"
  [[ "$(calls | tail -n 1)" == *'config rm mon mon_allow_pool_delete' ]]
  [ -z "$(ls "$upper/var/lib/cephrbd")" ]
}

@test "what was set before is put back, and by the next run after a kill" {
  cluster_new 16
  pool hyper 64 3 2 rbd
  pool rbd 64 3 2
  answer 'rados --all -p rbd ls'
  counted rbd 0
  answer 'ceph *config dump' 'WHO MASK LEVEL OPTION VALUE RO
  mon        advanced  mon_allow_pool_delete  false'
  answer 'ceph *config set mon mon_allow_pool_delete true'
  answer 'ceph *config set mon mon_allow_pool_delete false'
  act 'ceph *osd pool delete *' power_cut
  run node "$script"
  [ "$status" -eq 137 ]
  not_called 'mon_allow_pool_delete false'
  sed -i "/ 'rbd' /d" "$stubs/pools"
  run node "$script"
  [ "$status" -eq 0 ]
  called 'config set mon mon_allow_pool_delete false'
}

@test "Luminous: deletion is allowed through the monitors' own settings" {
  cluster_new 12
  pool hyper 64 3 2 rbd
  pool rbd 64 3 2
  answer 'rados --all -p rbd ls'
  counted rbd 0
  answer 'ceph *tell mon.\* injectargs*'
  run node "$script"
  [ "$status" -eq 0 ]
  called 'injectargs --mon-allow-pool-delete=true'
  [[ "$(calls)" == *'pool delete'*'injectargs --mon-allow-pool-delete=false'* ]]
}

@test "killed between two steps: the next run finishes the pool as it was wished" {
  cluster_new 16
  act 'ceph *osd pool set hyper size 2' power_cut
  run node "$script" 32 --size 2
  [ "$status" -eq 137 ]
  rm -r "$stubs/rules/"*
  mv "$stubs/pools" "$stubs/kept"
  cluster_new 16
  mv "$stubs/kept" "$stubs/pools"
  run node "$script" 32 --size 2
  [ "$status" -eq 0 ]
  has 'hyper: size: 2, min_size: 1, pg_num: 32, application: rbd'
  has_not 'left so'
}

@test "no manager, no counting: told before anything is done" {
  cluster_new 16
  answer 'ceph *mgr dump*' '    "available": false,'
  run node "$script"
  [ "$status" -eq 1 ]
  has 'no manager is active'
  not_called create
}

@test "a cluster that does not answer is told, not waited for" {
  cluster_new 10
  answer 'ceph *fsid' 'error connecting to the cluster' 1
  answer 'ceph *osd *' 'error connecting to the cluster' 1
  run node "$script"
  [ "$status" -eq 1 ]
  has "the cluster does not answer to the admin's key"
}

@test "a dry run changes nothing" {
  cluster_new 10
  pool rbd 64 3 2
  answer 'rados --all -p rbd ls'
  counted rbd 0
  before=$(changes)
  run node "$script" 64 --dry-run
  [ "$status" -eq 0 ]
  has 'would run: ceph osd pool create hyper 64 64 replicated'
  has 'would run: ceph osd pool delete rbd rbd'
  diff <(printf "%s\n" "$before") <(changes)
  not_called create
  not_called delete
}

@test "in Chinese" {
  cluster_new 10
  answer 'ceph *osd tree' "$(osd_tree 1 10)"
  run chinese_node "$script"
  [ "$status" -eq 1 ]
  has '目前有 1 台主机上的 1 个 OSD 在线'
  has '未通过的检查：1 项'
}

@test "wrong arguments" {
  for words in '64 32' '0' 'x' '--size 0' '--min-size 4' '--pool a/b' '--nonsense' '--skip nothing' '--size'; do
    # shellcheck disable=SC2086
    run node "$script" $words
    [ "$status" -eq 2 ]
    has '(see 5_create_hyper_pool.sh --help)'
  done
}
