#!/usr/bin/env bash
# Empty disks for OSDs: a file system, and a unit that mounts it. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/ceph/disk.sh
. "$here/disk.sh"

checks=(root tools disks udev)
notes=/var/lib/cephrbd/disks

help() {
  t "usage: 2_ceph_prepare_osd_disks.sh DISK... [--fs xfs|ext4] [--wipe ID]... [--dry-run] [--skip NAME]...

Makes a file system on each disk and mounts it at /srv/ceph/osd-..., now and at each boot, by
a unit that knows it by its UUID:
  2_ceph_prepare_osd_disks.sh /dev/sdb /dev/sdc
Not needed where OSDs share a disk that is mounted already: then go on with 3_ceph_add_osd.sh.

Only blank disks are taken. A disk with the root file system, or one that is mounted, swapped to
or part of LVM, RAID or the like is always refused. One with anything else on it is refused,
too; the refusal says its ID, by which all that is on it can be given up:

  --wipe ID      gives up what is on the disk with this ID. There is no way back
  --fs TYPE      xfs (default) or ext4
  --dry-run      tells what would be done, and changes nothing
  --skip NAME    does without one of the checks that come first: root, tools, udev

Run again, also after a kill at any point, it goes on where it was; a prepared disk is left
alone. Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：2_ceph_prepare_osd_disks.sh 磁盘... [--fs xfs|ext4] [--wipe ID]... [--dry-run] [--skip 名称]...

在每块磁盘上创建文件系统，并按 UUID 挂载到 /srv/ceph/osd-...（立即挂载，且每次开机自动挂载）：
  2_ceph_prepare_osd_disks.sh /dev/sdb /dev/sdc
若 OSD 复用已挂载的磁盘，则无需本脚本，直接运行 3_ceph_add_osd.sh。

只接受空白磁盘。系统盘、已挂载、用作交换空间、或属于 LVM/RAID 等的磁盘一律拒绝；
含有其他内容的磁盘也会拒绝，并给出其 ID，可用该 ID 明确放弃其内容：

  --wipe ID      放弃该 ID 所对应磁盘上的全部内容，不可恢复
  --fs 类型      xfs（默认）或 ext4
  --dry-run      只显示将要执行的操作，不做任何修改
  --skip 名称    忽略某项前置检查：root、tools、udev

可以重复运行，中途被杀死后也可以：从断点继续；已准备好的磁盘不会改动。
退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

check_tools() { tools_missing blkid blockdev wipefs findmnt systemd-escape systemctl "mkfs.$fs" cmp flock; }

check_udev() {
  udevd_answers ||
    t 'udevd does not answer, and without it no disk has a name that stays: run 6_ensure_udevd.sh' \
      'udevd 没有响应，磁盘将没有固定的名称：请运行 6_ensure_udevd.sh'
}

# problem_of DISK: why it is not taken; nothing if it is.
problem_of() {
  local disk=$1 number place kind id
  if [[ ! -b $disk ]]; then
    t "$disk is no block device (lsblk)" "$disk 不是块设备（lsblk）"
    return
  fi
  number=$(devno "$disk")
  mapfile -t members < <(family "$number")
  place=$(mounted_on "${members[@]}" | sort -u | paste -sd' ' -)
  if [[ " $place " == *' / '* ]]; then
    t "$disk holds the root file system" "$disk 是系统盘"
    return
  fi
  if is_ready "$disk"; then
    return
  fi
  if [[ -n $place ]]; then
    t "$disk is in use: $place" "$disk 正在使用：$place"
  elif ((${#members[@]} > 1)); then
    t "$disk has partitions or is part of LVM, RAID or the like (lsblk $disk)" "$disk 含有分区，或属于 LVM、RAID 等（lsblk $disk）"
  elif [[ $(<"/sys/dev/block/$number/ro") != 0 ]]; then
    t "$disk is read-only" "$disk 是只读的"
  elif ! is_begun "$disk"; then
    read -r kind id < <(signature "$disk") || true
    [[ -z $kind || " $wipe " == *" $id "* ]] ||
      t "$disk is not blank: $kind. If all of it may be lost: --wipe $id" "$disk 不是空白磁盘：$kind。若其内容可以全部丢弃：--wipe $id"
  fi
}

check_disks() {
  local disk
  for disk in "${disks[@]}"; do
    problem_of "$disk"
    printf '\n'
  done | sed '/^$/d'
}

# The note of a disk is written before it is formatted: "formatting|ready DEVNO SIZE", named by
# the UUID that the file system is to have.
note_of() { printf '%s/%s\n' "$notes" "$1"; }

is_ready() {
  local uuid
  uuid=$(uuid_of "$1")
  [[ -n $uuid && -f $(note_of "$uuid") && $(<"$(note_of "$uuid")") == ready* ]]
}

# Whether a run was killed while it formatted this very disk: its note fits, and there is nothing
# on it but the file system with that UUID, or no known thing at all.
is_begun() {
  local kind id
  begun=
  read -r kind id < <(signature "$1") || true
  for found in "$notes"/*; do
    [[ -f $found && $(<"$found") == "formatting $(devno "$1") $(blockdev --getsize64 "$1")" ]] || continue
    if [[ -z $kind || $kind == data || $id == "${found##*/}" ]]; then
      begun=${found##*/}
      return 0
    fi
  done
  return 1
}

prepare() {
  local disk=$1 uuid place unit
  if is_ready "$disk"; then
    uuid=$(uuid_of "$disk")
  else
    is_begun "$disk" || begun=
    uuid=${begun:-$(</proc/sys/kernel/random/uuid)}
    if would wipefs -a "$disk"; then
      would "mkfs.$fs" "$disk"
      return
    fi
    [[ -d $notes ]] || install -d -m 0700 "$notes"
    put_file 0600 root:root "$(note_of "$uuid")" <<<"formatting $(devno "$disk") $(blockdev --getsize64 "$disk")"
    run wipefs -a "$disk"
    limit=600
    if [[ $fs == xfs ]]; then
      run mkfs.xfs -q -f -m "uuid=$uuid" "$disk"
    else
      run mkfs.ext4 -q -F -U "$uuid" "$disk"
    fi
    limit=120
    sync
    put_file 0600 root:root "$(note_of "$uuid")" <<<"ready $fs"
  fi
  place=/srv/ceph/osd-${uuid%%-*}
  unit=$(systemd-escape -p --suffix=mount "$place")
  [[ -d $place ]] || run install -d -m 0755 "$place"
  put_file 0644 root:root "$units/$unit" <<UNIT
[Unit]
Description=Disk of a Ceph OSD
[Mount]
What=/dev/disk/by-uuid/$uuid
Where=$place
Type=$(timeout 30 blkid -p -o value -s TYPE "$disk")
Options=noatime
[Install]
WantedBy=local-fs.target
UNIT
  mount_it "$disk" "$uuid" "$place" "$unit"
}

mount_it() {
  local disk=$1 uuid=$2 place=$3 unit=$4
  if [[ $(systemctl show -p NeedDaemonReload "$unit") != *=no ]]; then
    run systemctl daemon-reload
  fi
  if [[ $(place_of_disk "$disk") != "$place" ]]; then
    # udev looks at a disk again once it was closed after writing; this is for one that did not.
    if ! wait_for 10 test -e "/dev/disk/by-uuid/$uuid"; then
      limit=20 run udevadm trigger --action=change --name-match="$disk" || true
      wait_for 10 test -e "/dev/disk/by-uuid/$uuid" ||
        die "udevd made no /dev/disk/by-uuid/$uuid for $disk within 20 s: run 6_ensure_udevd.sh, then this again" \
          "udevd 在 20 秒内没有为 $disk 创建 /dev/disk/by-uuid/$uuid：请运行 6_ensure_udevd.sh，然后重试"
    fi
  fi
  enable_and_start "$unit"
  [[ $(place_of_disk "$disk") == "$place" ]] ||
    die "$disk is not mounted at $place though $unit was started: systemctl status $unit" \
      "已启动 $unit，但 $disk 没有挂载到 $place：systemctl status $unit"
  say "$disk is at $place ($unit). Next: 3_ceph_add_osd.sh $place" "$disk 已挂载到 $place（$unit）。下一步：3_ceph_add_osd.sh $place"
}

disks=()
wipe=
fs=xfs
begun=
while (($# > 0)); do
  case $1 in
    --fs | --wipe | --skip)
      (($# > 1)) || misused "$1 needs a value" "$1 需要一个值"
      case $1 in
        --fs) fs=$2 ;;
        --wipe) wipe+=" $2" ;;
        # What is on a disk is never to be waived by a name: that is what --wipe is for.
        --skip) skip "$2" root tools udev ;;
      esac
      shift
      ;;
    --dry-run) dry=yes ;;
    -h | --help)
      help
      exit 0
      ;;
    -*) misused "$1 is unknown" "未知选项 $1" ;;
    *) disks+=("$1") ;;
  esac
  shift
done
((${#disks[@]} > 0)) || misused 'name the disks: /dev/sdb' '请给出磁盘，如 /dev/sdb'
[[ $fs == xfs || $fs == ext4 ]] || misused "--fs $fs: xfs and ext4 are known" "--fs $fs：只支持 xfs 和 ext4"

begin "${disks[@]}"
preflight "${checks[@]}"
for disk in "${disks[@]}"; do
  prepare "$disk"
done
done_now "disks are ready: ${disks[*]}" "磁盘已就绪：${disks[*]}"
