#!/usr/bin/env bash
# One more monitor for a cluster that runs. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/ceph/mon.sh
. "$here/mon.sh"

checks=(root tools conf admin-key cluster address hostname existing ports space clock)

help() {
  t "usage: 1b_ceph_add_mon.sh PUBLIC_IP PUBLIC_PREFIX [--dry-run] [--skip NAME]...

Makes this node a monitor of the cluster that $conf names:
  1b_ceph_add_mon.sh 172.16.4.102 24

With one monitor the cluster stands still while that is away; three go on when one is lost, two
do not. The cluster's admin key must be here for the time being: on the first monitor's node
  4_distribute_conf.sh --admin THIS_NODE
At the end $conf of this node names all monitors: have it brought to all nodes by running
4_distribute_conf.sh here. Then remove $admin_keyring here if it is not wanted.
Run again, also after a kill at any point, it goes on where it was.

  --dry-run    tells what would be done, and changes nothing
  --skip NAME  does without one of the checks that come first: ${checks[*]}

Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：1b_ceph_add_mon.sh 公共网IP 公共网前缀 [--dry-run] [--skip 名称]...

让本节点成为 $conf 所指集群的 mon：
  1b_ceph_add_mon.sh 172.16.4.102 24

只有一个 mon 时，它停止则集群停止；三个 mon 可以容忍一个失效，两个不行。
执行期间本节点需要集群的 admin 密钥，请先在第一个 mon 节点上运行：
  4_distribute_conf.sh --admin 本节点
完成后本节点的 $conf 会列出所有 mon：请在本节点运行 4_distribute_conf.sh 分发到所有节点，
然后如不再需要，可删除本节点上的 $admin_keyring。
可以重复运行，中途被杀死后也可以：从断点继续。

  --dry-run    只显示将要执行的操作，不做任何修改
  --skip 名称  忽略某项前置检查：${checks[*]}

退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

check_tools() { tools_missing ceph ceph-mon ceph-authtool monmaptool systemctl ip ss flock; }
check_address() { address_problem "$public_ip" "$public_prefix"; }
check_ports() { mon_ports_problem "$public_ip"; }

check_conf() {
  [[ -n $(conf_value fsid) && -n $(conf_value mon_host) ]] ||
    t "$conf names no cluster (fsid, mon_host): bring it here by 4_distribute_conf.sh" \
      "$conf 未指明集群（fsid、mon_host）：请用 4_distribute_conf.sh 分发"
}

check_admin_key() {
  [[ -s $admin_keyring ]] ||
    t "there is no $admin_keyring: on the first monitor's node run 4_distribute_conf.sh --admin $host" \
      "没有 $admin_keyring：请在第一个 mon 节点上运行 4_distribute_conf.sh --admin $host"
}

check_cluster() {
  [[ -s $admin_keyring ]] || return 0
  ask mon stat >/dev/null ||
    t "the cluster does not answer (ceph mon stat): a monitor can only join one that has a quorum" \
      "集群没有响应（ceph mon stat）：只有集群存在法定多数时才能加入新的 mon"
}

# A name or an address that another monitor has already.
check_existing() {
  local name=$host address
  [[ -s $admin_keyring ]] || return 0
  while read -r name address; do
    if [[ $name == "$host" && $address != *"$public_ip"* ]]; then
      t "a monitor $name is known at $address, not at $public_ip: ceph mon rm $name first, if it is gone for good" \
        "集群中已有 mon $name，地址为 $address 而不是 $public_ip：若它已永久失效，请先 ceph mon rm $name"
    elif [[ $name != "$host" && $address == *[:/]"$public_ip":* ]]; then
      t "the monitor $name has the address $public_ip" "mon $name 已使用地址 $public_ip"
    fi
  done < <(monitors)
}

# "NAME ADDRESSES" of each monitor, from the plain text that all releases print.
monitors() {
  ask mon dump | sed -nE 's|^[0-9]+: (\S+) mon\.(\S+)$|\2 v1:/\1|p'
}

make_store() {
  [[ ! -d $mon_data ]] || return 0
  if would ceph-mon --mkfs -i "$host" --mon-data "$mon_data"; then
    return
  fi
  private_dir
  ask mon getmap -o "$private/monmap" >/dev/null || die 'the cluster gave no monmap' '集群未返回 monmap'
  ask auth get mon. >"$private/mon" || die 'the cluster gave no key of its monitors: is the key here the admin key?' \
    '集群未返回 mon 密钥：本节点的密钥是 admin 密钥吗？'
  mkfs_mon "$private/monmap" "$private/mon"
}

# Where this monitor listens: the network alone would not say, where a floating IP is, too.
name_address() {
  local new section="mon.$host"
  ! grep -qF "[$section]" "$conf" || return 0
  new=$(cat "$conf" && printf '[%s]\npublic_addr = %s\n' "$section" "$public_ip")
  put_file 0644 root:root "$conf" <<<"$new"
}

in_quorum() { [[ $(ask quorum_status 2>/dev/null) =~ \"quorum_names\":\[[^]]*\"$host\" ]]; }

# mon_host with all that are known now: each node, and each pod's VM, tries them all.
name_all() {
  local all new
  all=$(monitors | sed -nE 's|^.*[:/](([0-9]+\.){3}[0-9]+):.*$|\1|p' | sort -u | paste -sd, -)
  [[ -n $all ]] || die 'the cluster names no monitors' '集群未返回 mon 列表'
  new=$(sed -E "s/^[[:space:]]*mon[_ ]host[[:space:]]*=.*/mon_host = $all/" "$conf")
  put_file 0644 root:root "$conf" <<<"$new"
}

positional=()
while (($# > 0)); do
  case $1 in
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
((${#positional[@]} == 2)) || misused 'two arguments are needed: PUBLIC_IP PUBLIC_PREFIX' '需要两个参数：公共网IP 公共网前缀'
public_ip=${positional[0]} public_prefix=${positional[1]}

begin "${positional[@]}"
preflight "${checks[@]}"
major=$(ceph_major)
sweep_mon
make_store
name_address
enable_and_start ceph.target ceph-mon.target "ceph-mon@$host"
if [[ -z $dry ]]; then
  wait_for 90 in_quorum ||
    die "the monitor $host is not in the quorum after 90 s: journalctl -u ceph-mon@$host" \
      "90 秒后 mon $host 仍未加入法定多数：journalctl -u ceph-mon@$host"
  name_all
fi
start_mgr
[[ -n $dry ]] || say "$(ask mon stat)" "$(ask mon stat)"
done_now "$host is a monitor of cluster $(conf_value fsid); bring $conf to all nodes: 4_distribute_conf.sh" \
  "$host 已是集群 $(conf_value fsid) 的 mon；请将 $conf 分发到所有节点：4_distribute_conf.sh"
