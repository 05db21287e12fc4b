#!/usr/bin/env bash
# The cluster's first monitor, and its manager where the release has one. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/ceph/mon.sh
. "$here/mon.sh"

checks=(root tools public-address cluster-address hostname existing ports space clock)

help() {
  t "usage: 1_ceph_bootstrap_mon.sh PUBLIC_IP PUBLIC_PREFIX CLUSTER_IP CLUSTER_PREFIX
                               [--old-clients] [--dry-run] [--skip NAME]...

Makes a new Ceph cluster, with its first monitor on this node:
  1_ceph_bootstrap_mon.sh 172.16.4.101 24 172.16.4.101 24

PUBLIC_IP    this node's address for clients, PUBLIC_PREFIX the length of its network's part
CLUSTER_IP   its address for the traffic between OSDs; with one network card the same

Run again, also after a kill at any point, it goes on where it was, and changes nothing that
stands: the cluster's id and keys are never made anew. A node that belongs to another cluster
is refused.

  --old-clients  lets clients in that cannot prove whose connection they resume (before Ceph
                 14.2.20, 15.2.11, 16.2.1); without it they are refused from Nautilus on
  --dry-run      tells what would be done, and changes nothing
  --skip NAME    does without one of the checks that come first: ${checks[*]}

Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：1_ceph_bootstrap_mon.sh 公共网IP 公共网前缀 集群网IP 集群网前缀
                               [--old-clients] [--dry-run] [--skip 名称]...

创建一个新的 Ceph 集群，并在本节点部署第一个 mon：
  1_ceph_bootstrap_mon.sh 172.16.4.101 24 172.16.4.101 24

公共网IP   本节点面向客户端的地址；公共网前缀为网络前缀长度
集群网IP   OSD 之间通信使用的地址；单网卡时与公共网IP相同

可以重复运行，中途被杀死后也可以：从断点继续，已有的内容一律不改，绝不重新生成集群 fsid 和密钥。
若本节点已属于另一个集群，则拒绝执行。

  --old-clients  允许旧客户端（早于 Ceph 14.2.20、15.2.11、16.2.1）；否则自 Nautilus 起会拒绝它们
  --dry-run      只显示将要执行的操作，不做任何修改
  --skip 名称    忽略某项前置检查：${checks[*]}

退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

check_tools() { tools_missing ceph ceph-mon ceph-authtool monmaptool systemctl ip ss flock; }
check_public_address() { address_problem "$public_ip" "$public_prefix"; }
check_cluster_address() { address_problem "$cluster_ip" "$cluster_prefix"; }

check_existing() {
  local there
  if [[ -d $mon_data && ! -f $conf ]]; then
    t "there is a monitor's store ($mon_data), but no $conf: put its ceph.conf back" \
      "存在 mon 数据目录（$mon_data），但没有 $conf：请恢复其 ceph.conf"
  elif [[ ! -f $conf ]]; then
    [[ ! -f $admin_keyring ]] ||
      t "$admin_keyring is there, but no $conf: the key of another cluster? Move it away, or put its ceph.conf back" \
        "存在 $admin_keyring，但没有 $conf：可能是其他集群的密钥。请移走它，或恢复对应的 ceph.conf"
  elif ! grep -qxF "$mark" "$conf"; then
    t "this node belongs to cluster $(conf_value fsid) ($conf), which this script has not made: it is left alone. To add a monitor to it: 1b_ceph_add_mon.sh" \
      "本节点属于集群 $(conf_value fsid)（$conf），并非由本脚本创建：不做改动。如需为其添加 mon：1b_ceph_add_mon.sh"
  else
    there="$(conf_value mon_initial_members) $(conf_value mon_host) $(conf_value public_network) $(conf_value cluster_network)"
    [[ ${there%% *} == "$host" && ${there#* } == "$public_ip"*" $public_network $cluster_network" ]] ||
      t "$conf was made for '$there', not for '$host $public_ip $public_network $cluster_network': give the same addresses as then" \
        "$conf 是为「$there」生成的，而不是「$host $public_ip $public_network $cluster_network」：请使用与当时相同的地址"
  fi
}

check_ports() {
  mon_ports_problem "$public_ip"
}

write_conf() {
  local fsid
  fsid=$(conf_value fsid)
  [[ -z $fsid ]] || return 0
  fsid=$(</proc/sys/kernel/random/uuid)
  put_file 0644 root:root "$conf" <<CONF
$mark
[global]
fsid = $fsid
mon_initial_members = $host
mon_host = $public_ip
public_network = $public_network
cluster_network = $cluster_network
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 3
osd_pool_default_min_size = 2
CONF
}

# The admin's key stands before the monitor that knows it: a run that is killed in between finds
# it, and takes the same one.
write_admin_key() {
  [[ ! -f $admin_keyring ]] || return 0
  if would ceph-authtool --create-keyring "$admin_keyring" --gen-key -n client.admin; then
    return
  fi
  private_dir
  local -a caps=(--cap mon 'allow *' --cap osd 'allow *' --cap mds 'allow *')
  ((major < 12)) || caps+=(--cap mgr 'allow *')
  run ceph-authtool --create-keyring "$private/admin" --gen-key -n client.admin "${caps[@]}"
  put_file 0600 root:root "$admin_keyring" <"$private/admin"
}

make_store() {
  [[ ! -d $mon_data ]] || return 0
  if would ceph-mon --mkfs -i "$host" --mon-data "$mon_data"; then
    return
  fi
  private_dir
  run ceph-authtool --create-keyring "$private/mon" --gen-key -n mon. --cap mon 'allow *'
  run ceph-authtool "$private/mon" --import-keyring "$admin_keyring"
  local address=(--add "$host" "$public_ip")
  # Both protocols from the start, on the ports that clients expect.
  ((major < 14)) || address=(--addv "$host" "[v2:$public_ip:3300,v1:$public_ip:6789]")
  run monmaptool --create --clobber --fsid "$(conf_value fsid)" "${address[@]}" "$private/monmap"
  mkfs_mon "$private/monmap" "$private/mon"
}

settle() {
  local want=client.bootstrap-osd
  if [[ -n $dry ]]; then
    would ceph auth get-or-create "$want" mon 'profile bootstrap-osd'
    return
  fi
  wait_for 60 cluster_answers ||
    die "the monitor does not answer within a minute: journalctl -u ceph-mon@$host, $log_file" \
      "mon 在一分钟内没有响应：请查看 journalctl -u ceph-mon@$host 和 $log_file"
  if ((major >= 14)) && [[ -z $old_clients ]] &&
    [[ $(ask config get mon auth_allow_insecure_global_id_reclaim) != false ]]; then
    change config set mon auth_allow_insecure_global_id_reclaim false
  fi
  put_key "$want" "$bootstrap_keyring" mon 'profile bootstrap-osd'
  start_mgr
}

positional=()
old_clients=
while (($# > 0)); do
  case $1 in
    --old-clients) old_clients=yes ;;
    --dry-run) dry=yes ;;
    --skip)
      (($# > 1)) || misused '--skip needs a name' '--skip 需要名称'
      skip "$2" "${checks[@]}"
      shift
      ;;
    -h | --help)
      help
      exit 0
      ;;
    -*) misused "$1 is unknown" "未知选项 $1" ;;
    *) positional+=("$1") ;;
  esac
  shift
done
((${#positional[@]} == 4)) || misused \
  'four arguments are needed: PUBLIC_IP PUBLIC_PREFIX CLUSTER_IP CLUSTER_PREFIX' '需要四个参数：公共网IP 公共网前缀 集群网IP 集群网前缀'
public_ip=${positional[0]} public_prefix=${positional[1]} cluster_ip=${positional[2]} cluster_prefix=${positional[3]}
public_network=$(network_of "$public_ip" "$public_prefix" 2>/dev/null) || public_network=
cluster_network=$(network_of "$cluster_ip" "$cluster_prefix" 2>/dev/null) || cluster_network=

begin "${positional[@]}"
preflight "${checks[@]}"
major=$(ceph_major)
sweep_mon
write_conf
write_admin_key
make_store
enable_and_start ceph.target ceph-mon.target "ceph-mon@$host"
settle
[[ -n $dry ]] || say "fsid $(conf_value fsid), $(ask mon stat)" "fsid $(conf_value fsid)，$(ask mon stat)"
done_now "the monitor $host of Ceph $major answers" "Ceph $major 的 mon $host 工作正常"
