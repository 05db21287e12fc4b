# shellcheck shell=bash
# Each script is killed after a little time, and after more and more, until it gets through; then
# all must stand, and nothing twice. On nodes of its own, in Chinese. Needs lib.sh, prepare.sh.
# shellcheck disable=SC2154

# kill_and_resume NODE STEP SCRIPT ARGUMENT…: killed after STEP ms, twice that, …; at least once.
kill_and_resume() {
  local node=$1 step=$2
  shift 2
  # shellcheck disable=SC2034 # for on
  limit=400
  # shellcheck disable=SC2016 # for the node's shell
  on "$node" env LANG=zh_CN.UTF-8 bash -c '
    step=$1 time=$1 kills=0
    shift
    while :; do
      status=0
      timeout -s KILL "$((time / 1000)).$(printf %03d $((time % 1000)))" "$@" >/run/said 2>&1 || status=$?
      [ "$status" = 137 ] || break
      kills=$((kills + 1)) time=$((time + step))
      [ "$time" -lt 60000 ] || { echo "it does not get through in a minute"; exit 1; }
    done 2>/dev/null
    cat /run/said
    [ "$status" = 0 ] || { echo "after $kills kills it ended with $status"; exit 1; }
    [ "$kills" -gt 0 ] || { echo "it was never killed"; exit 1; }
    echo "$kills kills"
    "$@" >/run/said 2>&1 || { cat /run/said; echo "once more, it ended with $?"; exit 1; }
    grep -q "^无变化：" /run/said || { cat /run/said; echo "once more, something was changed"; exit 1; }
    left=$(find /etc/ceph /etc/systemd/system /var/lib/ceph /usr/bin /etc/cephrbd -name "*cephrbd-new*" 2>/dev/null; ls -d /run/cephrbd-deploy.?????? 2>/dev/null)
    [ -z "$left" ] || { echo "left behind: $left"; exit 1; }
  ' - "$step" "$@"
}

killed_nodes() {
  local node
  bench up --nodes 2 --net killed --owner "$owner"
  for node in node1 node2; do
    give_files "$node"
    sh_on "$node" 'mkdir -p /opt/cephrbd; tar -xzf /root/cephrbd-*.tar.gz --strip-components=1 -C /opt/cephrbd'
  done
  give_kubelet node2
  send node2 0644 /root/config.json <<<'{"user":"cephrbd"}'
}

# The cluster has one id, one key of each kind, one number for each OSD.
nothing_twice() {
  expect '2' on node1 sh -c 'ceph osd ls | wc -l'
  # shellcheck disable=SC2016 # for the node's shell
  expect 'yes' sh_on node1 '[ "$(ceph fsid)" = "$(sed -n "s/^fsid = //p" /etc/ceph/ceph.conf)" ] && echo yes'
  expect '1' on node1 sh -c 'ceph auth ls 2>/dev/null | grep -c "^client.cephrbd"'
  says '2 up' on node1 ceph osd stat
}

killed_stage() {
  local ceph=/opt/cephrbd/ceph node=/opt/cephrbd/node
  need 'two more nodes' killed_nodes
  need '0_install_ceph.sh, killed and run again' kill_and_resume node1 3000 $ceph/0_install_ceph.sh --release distribution
  need '0_install_ceph.sh on the other' on node2 $ceph/0_install_ceph.sh --release distribution
  try '6_ensure_udevd.sh, killed and run again' kill_and_resume node1 40 $ceph/6_ensure_udevd.sh
  need '1_ceph_bootstrap_mon.sh, killed and run again' kill_and_resume node1 400 $ceph/1_ceph_bootstrap_mon.sh 172.16.4.101 24 172.16.4.101 24
  need '4_distribute_conf.sh, killed and run again' kill_and_resume node1 600 $ceph/4_distribute_conf.sh --osd --admin 172.16.4.102
  need '2_ceph_prepare_osd_disks.sh, killed and run again' kill_and_resume node1 130 $ceph/2_ceph_prepare_osd_disks.sh /dev/sdb
  need '3_ceph_add_osd.sh, killed and run again' kill_and_resume node1 500 $ceph/3_ceph_add_osd.sh /dev/sdb
  need 'the other OSD' sh_on node2 "$ceph/2_ceph_prepare_osd_disks.sh /dev/sdb; $ceph/3_ceph_add_osd.sh /dev/sdb"
  need '5_create_hyper_pool.sh, killed and run again' kill_and_resume node1 900 $ceph/5_create_hyper_pool.sh 16 --size 2 --min-size 1
  need '1b_ceph_add_mon.sh, killed and run again' kill_and_resume node2 600 $ceph/1b_ceph_add_mon.sh 172.16.4.102 24
  try '7_test_rbd.sh, killed: the next run clears up' test_killed
  try 'deploy_compute_node.sh, killed and run again' kill_and_resume node2 3000 $node/deploy_compute_node.sh --frakti /root/out/frakti \
    --hyperd /root/out/hyperd --hyperctl /root/out/hyperctl --driver-package "/root/$(basename "$artifacts"/packages/cephrbd_*_amd64.deb)" --config /root/config.json
  try '7_floating_ip.sh, killed and run again' kill_and_resume node1 900 $node/7_floating_ip.sh 172.16.4.250/24 eth0
  try 'nothing was made twice' nothing_twice
  try 'no key is told' no_key_told
}

# A test image that a killed run could not remove: the next run does, or says so.
test_killed() {
  on node1 timeout -s KILL 2 /opt/cephrbd/ceph/7_test_rbd.sh --without-map || true
  on node1 /opt/cephrbd/ceph/7_test_rbd.sh --without-map
  expect '' sh_on node1 'rbd -p hyper ls'
}
