#!/usr/bin/env bash
# One OSD of this node. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/ceph/disk.sh
. "$here/disk.sh"
# shellcheck source=deploy/ceph/osd.sh
. "$here/osd.sh"

checks=(root tools conf bootstrap-key cluster data-dir space access other-osd)

help() {
  t "usage: 3_ceph_add_osd.sh DATA_DIR|DISK [--size GIB] [--allow-rootfs] [--dry-run] [--skip NAME]...

Makes an OSD that keeps its data in DATA_DIR/ceph-osd, and starts it, now and at each boot:
  3_ceph_add_osd.sh /vespace/chain/data-9908b8a2-08c0-44b5-8da1-876f8a8c7d36
DISK is one that 2_ceph_prepare_osd_disks.sh has prepared: /dev/sdb

The OSD is bound to the mount of its data: without that it does not start, instead of filling
the root disk, and it comes back by itself when the mount does. Run again, also after a kill at
any point, it goes on where it was; the OSD keeps its number.

  --size GIB      how much of the disk the OSD may use (default: 90 % of what is free). From
                  Luminous on that space is taken at once, so that whoever shares the disk
                  cannot take it away
  --allow-rootfs  takes a DATA_DIR on the root file system, for trials
  --dry-run       tells what would be done, and changes nothing
  --skip NAME     does without one of the checks that come first: ${checks[*]}

Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：3_ceph_add_osd.sh OSD数据目录|磁盘 [--size GIB] [--allow-rootfs] [--dry-run] [--skip 名称]...

创建一个 OSD，数据保存在 OSD数据目录/ceph-osd，立即启动并开机自启：
  3_ceph_add_osd.sh /vespace/chain/data-9908b8a2-08c0-44b5-8da1-876f8a8c7d36
「磁盘」指已由 2_ceph_prepare_osd_disks.sh 准备好的磁盘，如 /dev/sdb

OSD 与其数据的挂载点绑定：未挂载时不会启动（不会把数据写进系统盘），挂载恢复后自动恢复。
可以重复运行，中途被杀死后也可以：从断点继续，OSD 编号不变。

  --size GIB      OSD 可使用的空间（默认为剩余空间的 90%）。自 Luminous 起会立即占用该空间，
                  以免被共用磁盘的其他程序用掉
  --allow-rootfs  允许数据目录位于系统盘（仅供试验）
  --dry-run       只显示将要执行的操作，不做任何修改
  --skip 名称     忽略某项前置检查：${checks[*]}

退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

check_tools() { tools_missing ceph ceph-osd ceph-authtool findmnt systemctl systemd-escape runuser flock; }

check_conf() {
  [[ -n $(conf_value fsid) && -n $(conf_value mon_host) ]] ||
    t "$conf names no cluster (fsid, mon_host): on the monitor's node run 4_distribute_conf.sh --osd $host" \
      "$conf 未指明集群（fsid、mon_host）：请在 mon 节点运行 4_distribute_conf.sh --osd $host"
}

check_bootstrap_key() {
  [[ -s $bootstrap_keyring ]] ||
    t "there is no $bootstrap_keyring: on the monitor's node run 4_distribute_conf.sh --osd $host" \
      "没有 $bootstrap_keyring：请在 mon 节点运行 4_distribute_conf.sh --osd $host"
}

check_cluster() {
  [[ -s $bootstrap_keyring && -f $conf ]] || return 0
  local map
  map=$(mktemp /run/cephrbd-deploy.XXXXXX)
  bootstrap mon getmap -o "$map" >/dev/null ||
    t "the monitors ($(conf_value mon_host)) do not answer or refuse the key in $bootstrap_keyring: try ping and ceph -n client.bootstrap-osd --keyring $bootstrap_keyring mon getmap" \
      "mon（$(conf_value mon_host)）没有响应，或不接受 $bootstrap_keyring 中的密钥：请检查网络，并试 ceph -n client.bootstrap-osd --keyring $bootstrap_keyring mon getmap"
  rm -f "$map"
}

check_data_dir() {
  if [[ -z $dir ]]; then
    t "$argument is not mounted by a unit of ours: run 2_ceph_prepare_osd_disks.sh $argument" \
      "$argument 尚未准备：请先运行 2_ceph_prepare_osd_disks.sh $argument"
  elif [[ ! -d $dir ]]; then
    t "$dir is no folder: is its disk mounted (findmnt, lsblk)?" "$dir 不是目录：其磁盘是否已挂载（findmnt、lsblk）？"
  elif [[ $dir =~ [^A-Za-z0-9/._+-] ]]; then
    t "the folder may have only letters, digits and / . _ + - in its name" '目录名只能包含字母、数字和 / . _ + -'
  elif [[ $(mount_point_of "$dir") == / && -z $allow_rootfs ]]; then
    t "$dir is on the root file system: mount its disk first (findmnt -T $dir), or --allow-rootfs for trials" \
      "$dir 位于系统盘：请先挂载其磁盘（findmnt -T $dir）；仅供试验时可用 --allow-rootfs"
  fi
}

check_space() {
  [[ -d $dir && ! -f $data/mkfs_done ]] || return 0
  local gib
  gib=$(osd_gib)
  ((gib >= 5)) ||
    t "$gib GiB for an OSD in $dir: at least 5 are needed (df $dir)" "$dir 中 OSD 只有 $gib GiB 可用：至少需要 5 GiB（df $dir）"
  ((gib <= $(free_gib))) ||
    t "--size $gib: only $(free_gib) GiB are free in $dir" "--size $gib：$dir 中只剩 $(free_gib) GiB"
}

# The daemon runs as ceph, and has to get through the folders of others above.
check_access() {
  [[ -d $dir ]] && id -u ceph >/dev/null 2>&1 || return 0
  runuser -u ceph -- test -x "$dir" ||
    t "the user ceph cannot enter $dir: allow it, with all folders above: chmod o+x" "用户 ceph 无法进入 $dir：请对其及所有上级目录执行 chmod o+x"
}

# What a killed run left of the OSD's identity is its own.
check_other_osd() {
  [[ -d $data && ! -f $data/cephrbd.fsid ]] || return 0
  [[ -n $(find "$data" -mindepth 1 -maxdepth 1 ! -name 'cephrbd.*' ! -name '.cephrbd.*.cephrbd-new') ]] || return 0
  t "$data holds something that is not of this script: another OSD? Move it away, or name another folder" \
    "$data 中有不属于本脚本的内容（另一个 OSD？）：请移走，或使用其他目录"
}

argument=
size=
allow_rootfs=
while (($# > 0)); do
  case $1 in
    --size | --skip)
      (($# > 1)) || misused "$1 needs a value" "$1 需要一个值"
      if [[ $1 == --size ]]; then
        size=$2
      else
        skip "$2" "${checks[@]}"
      fi
      shift
      ;;
    --allow-rootfs) allow_rootfs=yes ;;
    --dry-run) dry=yes ;;
    -h | --help)
      help
      exit 0
      ;;
    -*) misused "$1 is unknown" "未知选项 $1" ;;
    *)
      [[ -z $argument ]] || misused "one folder at a time: $1 is too much" "每次只能处理一个目录：多余的 $1"
      argument=$1
      ;;
  esac
  shift
done
[[ -n $argument ]] || misused 'name the folder for the data' '请给出 OSD 数据目录'
[[ -z $size || $size =~ ^[1-9][0-9]{0,5}$ ]] || misused "--size $size: a number of GiB is needed" "--size $size：请给出以 GiB 为单位的整数"
[[ $argument == /* ]] || misused "$argument is no absolute path" "$argument 不是绝对路径"
if [[ -b $argument ]]; then
  dir=$(place_of_disk "$argument")
else
  dir=$(realpath -m -- "$argument")
fi
data=$dir/ceph-osd

begin "$argument"
preflight "${checks[@]}"
major=$(ceph_major)
if [[ -n $dry ]]; then
  would ceph osd new '(a new UUID)'
  would ceph-osd --mkfs --osd-data "$data"
  would systemctl enable --now 'ceph-osd@N'
else
  make_identity
  register
  make_store
  bind_to_mount
  enable_and_start ceph.target ceph-osd.target "ceph-osd@$id"
  wait_for 90 osd_is_up ||
    die "osd.$id is not up after 90 s: journalctl -u ceph-osd@$id; /var/log/ceph/ceph-osd.$id.log" \
      "90 秒后 osd.$id 仍未上线：journalctl -u ceph-osd@$id；/var/log/ceph/ceph-osd.$id.log"
fi
done_now "osd.${id:-N} is up, its data in $data" "osd.${id:-N} 已上线，数据位于 $data"
