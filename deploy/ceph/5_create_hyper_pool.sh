#!/usr/bin/env bash
# The pool in which the volumes lie. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/ceph/pool.sh
. "$here/pool.sh"

checks=(root tools cluster manager osds groups existing)

help() {
  t "usage: 5_create_hyper_pool.sh [PGS] [--pool NAME] [--size N] [--min-size N] [--keep-rbd]
                             [--dry-run] [--skip NAME]...

Makes the pool hyper for block devices, on a node with the admin's key:
  5_create_hyper_pool.sh 64

PGS is its number of placement groups, a power of two (default: 64; from Nautilus on the
cluster may then change it; a PGS that you give stays). A pool that exists is never changed:
what differs from the wish is told. The pool rbd, which Jewel makes by itself, is removed if it is
proved empty. Last it waits until all placement groups of the pool are active and clean.

  --pool NAME   another pool
  --size N      copies of each object (default: osd_pool_default_size of $conf, or 3)
  --min-size N  so many must be there for writing (default: osd_pool_default_min_size, or
                half of the size, rounded up)
  --keep-rbd    leaves the pool rbd alone
  --dry-run     tells what would be done, and changes nothing
  --skip NAME   does without one of the checks that come first: ${checks[*]}

Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：5_create_hyper_pool.sh [PG数] [--pool 名称] [--size N] [--min-size N] [--keep-rbd]
                             [--dry-run] [--skip 名称]...

在持有 admin 密钥的节点上创建块设备存储池 hyper：
  5_create_hyper_pool.sh 64

PG数必须是 2 的幂（默认 64；自 Nautilus 起集群可能自动调整，明确给出时则保持不变）。
已存在的存储池不会被修改，只报告与期望不同之处。Jewel 自动创建的存储池 rbd 在确认为空后删除。
最后等待该存储池的所有 PG 变为 active+clean。

  --pool 名称   使用其他存储池名
  --size N      副本数（默认取 $conf 的 osd_pool_default_size，否则为 3）
  --min-size N  允许写入所需的最少副本数（默认取 osd_pool_default_min_size，否则为副本数的一半，向上取整）
  --keep-rbd    保留存储池 rbd
  --dry-run     只显示将要执行的操作，不做任何修改
  --skip 名称   忽略某项前置检查：${checks[*]}

退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

check_tools() { tools_missing ceph rados rbd flock; }

check_cluster() {
  cluster_answers ||
    t "the cluster does not answer to the admin's key: is this the monitor's node, with $admin_keyring? ceph -s; systemctl status 'ceph-mon@*'" \
      "使用 admin 密钥无法访问集群：这里是持有 $admin_keyring 的 mon 节点吗？请检查 ceph -s 和 systemctl status 'ceph-mon@*'"
}

# Without a manager nobody counts objects or knows the state of a placement group.
check_manager() {
  local text
  ((major >= 12)) && cluster_answers || return 0
  text=$(ask mgr dump -f json-pretty) || text=
  [[ $text == *'"available": true'* ]] ||
    t "no manager is active: start ceph-mgr (1_ceph_bootstrap_mon.sh does)" '没有活动的 mgr：请启动 ceph-mgr（1_ceph_bootstrap_mon.sh 会启动它）'
}

check_osds() {
  local osds hosts domain places
  read -r osds hosts < <(up_osds) || return 0
  domain=$(failure_domain) || domain=host
  places=$hosts
  [[ $domain != osd ]] || places=$osds
  ((places >= size)) ||
    t "$osds OSDs on $hosts hosts are up, and each of the $size copies needs its own ${domain:-host}: add OSDs (3_ceph_add_osd.sh) or give --size; ceph osd tree" \
      "目前有 $hosts 台主机上的 $osds 个 OSD 在线，而 $size 个副本各需要一个独立的 ${domain:-host}：请添加 OSD（3_ceph_add_osd.sh），或指定 --size；参见 ceph osd tree"
}

check_groups() {
  local osds each
  if (((pgs & (pgs - 1)) != 0)); then
    t "$pgs placement groups are no power of two: 32, 64, 128 …" "PG 数 $pgs 不是 2 的幂：可用 32、64、128 等"
    return
  fi
  read -r osds _ < <(up_osds) && read_pools || return 0
  ((osds > 0)) && [[ -z $(pool_line "$pool") ]] || return 0
  each=$(planned "$pgs" "$size" "$osds")
  ((each <= 250)) ||
    t "with $pgs placement groups of $size copies each OSD would hold $each; 250 is the limit: give a smaller number" \
      "若使用 $pgs 个 PG、$size 副本，每个 OSD 将承载 $each 个 PG，超过上限 250：请减小 PG 数"
}

check_existing() {
  local line other
  read_pools || return 0
  line=$(pool_line "$pool")
  [[ -n $line ]] || return 0
  [[ $line == *"' replicated size "* ]] ||
    t "the pool $pool is erasure coded, which block devices cannot use alone: give another --pool" \
      "存储池 $pool 是纠删码池，不能单独用于块设备：请使用其他 --pool"
  other=$(pool_field "$pool" application)
  [[ -z $other || ,$other, == *,rbd,* ]] ||
    t "the pool $pool is used by $other: give another --pool" "存储池 $pool 正被 $other 使用：请使用其他 --pool"
}

# differs WHAT WANTED: told about a pool that was there before.
differs() {
  local there
  there=$(pool_field "$pool" "$1")
  [[ $there == "$2" ]] ||
    warn "the pool $pool has $1 $there, not $2; it is left so. To change it: ceph osd pool set $pool $1 $2" \
      "存储池 $pool 的 $1 是 $there，而不是 $2；未作修改。如需修改：ceph osd pool set $pool $1 $2"
}

# set_field KEY WANTED. A pool of single copies has to be meant from Octopus on.
set_field() {
  local meant=()
  [[ $1 != size || $2 != 1 ]] || ((major < 15)) || meant=(--yes-i-really-mean-it)
  [[ $(pool_field "$pool" "$1") == "$2" ]] || change osd pool set "$pool" "$1" "$2" ${meant[@]+"${meant[@]}"} ||
    die "the pool $pool is there, but without $1 $2; run this again" "存储池 $pool 已创建，但未能设置 $1 为 $2；请重新运行"
}

# make_pool: with a note for the next run, should this one be killed before the pool is as wished.
make_pool() {
  if [[ -n $dry ]]; then
    would ceph osd pool create "$pool" "$pgs" "$pgs" replicated
    would ceph osd pool set "$pool" size "$size"
    would ceph osd pool set "$pool" min_size "$min_size"
    ((major < 12)) || would rbd pool init "$pool"
    return
  fi
  put_file 0600 root:root "$mark" <<<"$pgs" >/dev/null
  [[ -n $(pool_line "$pool") ]] || change osd pool create "$pool" "$pgs" "$pgs" replicated ||
    die "the pool $pool could not be made" "无法创建存储池 $pool"
  read_pools
  set_field size "$size"
  # Read anew: the cluster fits min_size to size.
  read_pools
  set_field min_size "$min_size"
  if ((major >= 14)) && [[ -n $given ]]; then
    [[ $(pool_field "$pool" autoscale_mode) == off ]] || change osd pool set "$pool" pg_autoscale_mode off ||
      die "pg_autoscale_mode of $pool could not be set; run this again" "无法设置 $pool 的 pg_autoscale_mode；请重新运行"
    say "pg_autoscale_mode is off: the pool keeps $pgs placement groups" "pg_autoscale_mode 已关闭：该存储池保持 $pgs 个 PG"
  fi
}

init_pool() {
  ((major >= 12)) && [[ ,$(pool_field "$pool" application), != *,rbd,* ]] || return 0
  limit=60 run rbd pool init "$pool" ||
    die "the pool $pool could not be made ready for block devices; run this again" "无法将存储池 $pool 初始化为块设备池；请重新运行"
}

given='' pool=hyper size='' min_size='' keep_rbd=''
while (($# > 0)); do
  case $1 in
    --keep-rbd) keep_rbd=yes ;;
    --dry-run) dry=yes ;;
    --pool | --size | --min-size | --skip)
      need_value "$1" $#
      case $1 in
        --pool) pool=$2 ;;
        --size) size=$2 ;;
        --min-size) min_size=$2 ;;
        --skip) skip "$2" "${checks[@]}" ;;
      esac
      shift
      ;;
    -h | --help)
      help
      exit 0
      ;;
    -*) misused "$1 is unknown" "未知选项 $1" ;;
    *)
      [[ -z $given ]] || misused "$1 is too much" "多余的参数 $1"
      given=$1
      ;;
  esac
  shift
done
pgs=${given:-64}
size=${size:-$(conf_value osd_pool_default_size)}
size=${size:-3}
[[ $pool =~ ^[A-Za-z0-9_-][A-Za-z0-9._-]*$ ]] ||
  misused "--pool $pool: a name of letters, digits and . _ -" "--pool $pool：只能使用字母、数字和 . _ -"
[[ $pgs =~ ^[1-9][0-9]{0,5}$ ]] || misused "$pgs is no number of placement groups" "$pgs 不是有效的 PG 数"
[[ $size =~ ^[1-9]$ ]] || misused "--size $size: 1 to 9 copies" "--size $size：副本数应为 1 到 9"
if [[ -z $min_size ]]; then
  min_size=$(conf_value osd_pool_default_min_size)
  if [[ ! $min_size =~ ^[1-9]$ ]] || ((min_size > size)); then
    min_size=$((size - size / 2))
  fi
fi
[[ $min_size =~ ^[1-9]$ && $min_size -le $size ]] ||
  misused "--min-size $min_size: 1 up to the $size copies" "--min-size $min_size：应在 1 与副本数 $size 之间"
mark=$memory/making-pool-$pool.$(conf_value fsid)

begin ${given:+"$given"} --pool "$pool" --size "$size" --min-size "$min_size"
major=$(ceph_major) || major=0
preflight "${checks[@]}"
((major > 0)) || die 'the release of Ceph that is installed here cannot be told: ceph --version' '无法识别本机的 Ceph 版本：ceph --version'
[[ -n $dry ]] || put_back
read_pools || die "the cluster's map cannot be read" '无法读取集群映射'
if [[ -z $(pool_line "$pool") || -f $mark ]]; then
  make_pool
else
  [[ -z $given ]] || differs pg_num "$pgs"
  differs size "$size"
  differs min_size "$min_size"
fi
[[ -n $dry && -z $(pool_line "$pool") ]] || init_pool
[[ -n $dry ]] || rm -f "$mark"
[[ -n $keep_rbd ]] || remove_rbd_pool
if [[ -z $dry ]]; then
  read_pools
  pgs=$(pool_field "$pool" pg_num)
  wait_for 120 pgs_clean ||
    die "not all $pgs placement groups of $pool are active and clean after 120 s: ceph -s; ceph osd tree; ceph pg dump_stuck" \
      "120 秒后存储池 $pool 的 $pgs 个 PG 仍未全部 active+clean：请查看 ceph -s；ceph osd tree；ceph pg dump_stuck"
  say "$pool: size: $(pool_field "$pool" size), min_size: $(pool_field "$pool" min_size), pg_num: $pgs, application: $(pool_field "$pool" application)" \
    "$pool：size: $(pool_field "$pool" size)，min_size: $(pool_field "$pool" min_size)，pg_num: $pgs，application: $(pool_field "$pool" application)"
fi
done_now "the pool $pool is ready for block devices" "存储池 $pool 可以用于块设备"
