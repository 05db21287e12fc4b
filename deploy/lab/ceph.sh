# shellcheck shell=bash
# The making of the one-machine cluster: its files, its daemons, its pool. Needs
# common.sh and process.sh, and these variables of lab.sh: dir, run_dir, addr, osds.
# shellcheck disable=SC2154

pg_count=64

# Every ceph tool is told the lab's own configuration; none may look into /etc/ceph.
in_lab() {
  local tool=$1
  shift
  CEPH_ARGS='' timeout 30 "$tool" -c "$dir/ceph.conf" "$@"
}

ceph_command() {
  in_lab ceph --connect-timeout 10 "$@"
}

osd_ids() {
  seq 0 $((osds - 1))
}

daemons() {
  printf '%s\n' mon.a mgr.x
  osd_ids | sed 's/^/osd./'
}

write_conf() {
  local size=$((osds < 3 ? osds : 3))
  cat >"$dir/ceph.conf" <<CONF
# A throw-away cluster on one machine; its data is gone when it stops.
[global]
fsid = $1
mon_host = [v2:$addr:3300,v1:$addr:6789]
public_addr = $addr
cluster_addr = $addr
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
auth_allow_insecure_global_id_reclaim = false
keyring = $dir/ceph.\$name.keyring
osd_pool_default_size = $size
osd_pool_default_min_size = $((size > 1 ? size - 1 : 1))
osd_pool_default_pg_autoscale_mode = off
# All replicas are on one host.
osd_crush_chooseleaf_type = 0

[mon]
run_dir = $run_dir
admin_socket = $run_dir/\$name.asok
log_file = $dir/log/\$name.log
mon_data = $dir/mon
keyring = $dir/mon/keyring
crash_dir = $dir/crash
mon_cluster_log_file = $dir/log/cluster.log
mon_allow_pool_delete = true
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_osd_reporter_subtree_level = osd
mon_data_avail_warn = 2
mon_data_avail_crit = 1
mgr_initial_modules =
# News between the daemons travel at once, not in rounds of one to five seconds.
paxos_propose_interval = 0.1
mon_mgr_digest_period = 1
debug_rocksdb = 1/1
debug_paxos = 0/0

[mgr]
run_dir = $run_dir
admin_socket = $run_dir/\$name.asok
log_file = $dir/log/\$name.log
mgr_data = $dir/mgr
crash_dir = $dir/crash
# No Python modules: they need seconds and 300 MB, and tell nothing about RBD.
mgr_module_path = $dir/no-modules
mgr_stats_period = 1
mgr_tick_period = 1

[osd]
run_dir = $run_dir
admin_socket = $run_dir/\$name.asok
log_file = $dir/log/\$name.log
osd_objectstore = memstore
osd_data = $dir/osd/\$id
crash_dir = $dir/crash
# A farewell to a monitor that stops as well costs five seconds.
osd_fast_shutdown_notify_mon = false
memstore_device_bytes = 12884901888
# The least that Ceph takes.
osd_memory_target = 939524096
debug_osd = 0/0
CONF
}

# write_key ENTITY CAP…: a new key in a keyring file of its own, and with its caps
# in the file that the monitor is made from. No key is ever in an argument.
write_key() {
  local entity=$1 key cap
  key=$(ceph-authtool --gen-print-key)
  shift
  printf '[%s]\n\tkey = %s\n' "$entity" "$key" | tee "$dir/ceph.$entity.keyring" >>"$dir/all.keyring"
  for cap; do
    printf '\tcaps %s\n' "$cap" >>"$dir/all.keyring"
  done
}

write_keys() {
  local id
  write_key mon. 'mon = "allow *"'
  write_key client.admin 'mon = "allow *"' 'mgr = "allow *"' 'osd = "allow *"'
  write_key client.cephrbd 'mon = "profile rbd"' 'osd = "profile rbd pool=hyper"'
  write_key mgr.x 'mon = "allow profile mgr"' 'osd = "allow *"'
  for id in $(osd_ids); do
    write_key "osd.$id" 'mon = "allow profile osd"' 'mgr = "allow profile osd"' 'osd = "allow *"'
  done
}

launch() {
  local name=$1
  shift
  CEPH_ARGS='' start_daemon "$dir/pid/$name" "$dir/log/$name.out" "$dir/ceph.conf" \
    "$@" -c "$dir/ceph.conf" -i "${name#*.}" -f
}

mon_listens() {
  daemon_pid "$dir/pid/mon.a" "$dir/ceph.conf" >/dev/null || die 'the monitor stopped'
  [[ -n $(ss -Hltn "src $addr and ( sport = 3300 or sport = 6789 )") ]]
}

make_mon() {
  monmaptool --create --fsid "$1" --addv a "[v2:$addr:3300,v1:$addr:6789]" "$dir/monmap" >>"$dir/log/mkfs.out" 2>&1
  in_lab ceph-mon -i a --mkfs --monmap "$dir/monmap" --keyring "$dir/all.keyring" >>"$dir/log/mkfs.out" 2>&1
  rm "$dir/all.keyring" "$dir/monmap" "$dir/ceph.mon..keyring"
  launch mon.a ceph-mon
  wait_until 20 mon_listens || die 'the monitor does not listen'
}

# The stores are made while the monitor registers the OSDs and makes the pool, all
# over one connection; an OSD boots only after both.
make_osds() {
  local id pid
  local -a makers=() uuids=()
  for id in $(osd_ids); do
    uuids[id]=$(</proc/sys/kernel/random/uuid)
    mkdir -p "$dir/osd/$id"
    in_lab ceph-osd -i "$id" --mkfs --osd-uuid "${uuids[id]}" --no-mon-config >>"$dir/log/mkfs.out" 2>&1 &
    makers+=($!)
  done
  {
    for id in $(osd_ids); do
      printf 'osd new %s %s\n' "${uuids[id]}" "$id"
    done
    printf 'osd pool create hyper %s %s\n' "$pg_count" "$pg_count"
    printf 'health mute MGR_MODULE_ERROR --sticky\n'
  } | ceph_command >>"$dir/log/mkfs.out" 2>&1
  for pid in "${makers[@]}"; do
    wait "$pid" || die 'an OSD store could not be made'
  done
  for id in $(osd_ids); do
    launch "osd.$id" ceph-osd
  done
}

all_daemons_run() {
  local name
  for name in $(daemons); do
    daemon_pid "$dir/pid/$name" "$dir/ceph.conf" >/dev/null || return 1
  done
}

all_pgs_clean() {
  all_daemons_run || die 'a daemon stopped'
  ceph_command pg stat -f json 2>>"$dir/log/mkfs.out" |
    jq -e --argjson n "$pg_count" '.pg_ready and (.pg_summary | .num_pgs == $n
      and .num_pg_by_state == [{"name": "active+clean", "num": $n}])' >/dev/null 2>&1
}

all_osds_up() {
  ceph_command osd stat -f json 2>/dev/null |
    jq -e --argjson n "$osds" '.num_up_osds == $n' >/dev/null 2>&1
}
