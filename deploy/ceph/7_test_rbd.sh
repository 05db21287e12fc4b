#!/usr/bin/env bash
# Whether block devices of the pool work on this node, step by step. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/ceph/device.sh
. "$here/device.sh"

checks=(root tools key cluster pool module udevd)

help() {
  t "usage: 7_test_rbd.sh [--pool NAME] [--user NAME] [--without-map] [--dry-run] [--skip NAME]...

Tries block devices on this node: makes an image, lists it, sends data there and back, maps it,
writes and reads through the device, unmaps it, and removes it. Each step has a time limit; what
was made is removed, also after a failure, and what a killed run has left by the next one.

  --pool NAME    another pool (default: hyper)
  --user NAME    another user (default: cephrbd if its key is here, else admin)
  --without-map  all but the kernel's mapping: enough for pods that are VMs
  --dry-run      tells what would be done, and changes nothing
  --skip NAME    does without one of the checks that come first: ${checks[*]}

Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：7_test_rbd.sh [--pool 名称] [--user 名称] [--without-map] [--dry-run] [--skip 名称]...

在本节点上测试块设备：创建镜像、列出、写入并读回数据、映射、通过设备读写、取消映射、删除。
每一步都有时限；测试产生的内容都会清除，失败时也一样；被杀死的测试留下的内容由下一次运行清除。

  --pool 名称    使用其他存储池（默认 hyper）
  --user 名称    使用其他用户（有 cephrbd 的密钥时默认为 cephrbd，否则为 admin）
  --without-map  不测试内核映射：对以虚拟机方式运行的 pod 已经足够
  --dry-run      只显示将要执行的操作，不做任何修改
  --skip 名称    忽略某项前置检查：${checks[*]}

退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

check_tools() { tools_missing rbd dd cmp flock; }

check_key() {
  [[ -f $conf && -s $keyring ]] ||
    t "$conf or $keyring is missing: on the first monitor's node run 4_distribute_conf.sh $host" \
      "缺少 $conf 或 $keyring：请在首个 mon 节点运行 4_distribute_conf.sh $host"
}

check_cluster() {
  [[ -s $keyring ]] || return 0
  ! command -v ceph >/dev/null || as_user ceph --connect-timeout 10 fsid >/dev/null ||
    t "the cluster ($(conf_value mon_host)) does not answer to client.$user: the network, its firewalls (6789, 3300), the key in $keyring" \
      "client.$user 无法访问集群（$(conf_value mon_host)）：请检查网络、防火墙（6789、3300）以及 $keyring 中的密钥"
}

check_pool() {
  [[ -s $keyring ]] || return 0
  as_user rbd ls "$pool" >/dev/null ||
    t "client.$user cannot list the pool $pool within 30 s: is it there (5_create_hyper_pool.sh), may the user use it (4_distribute_conf.sh --update-caps), are its OSDs up (ceph osd tree)?" \
      "client.$user 在 30 秒内无法列出存储池 $pool：请检查存储池是否存在（5_create_hyper_pool.sh）、用户是否有权限（4_distribute_conf.sh --update-caps）、OSD 是否在线（ceph osd tree）"
}

check_module() {
  [[ -z $without_map && ! -d $bus ]] || return 0
  modprobe -n -q rbd 2>/dev/null ||
    t "this kernel ($(uname -r)) has no module rbd. --without-map tests all but the kernel's mapping (enough for pods that are VMs)" \
      "当前内核（$(uname -r)）没有 rbd 模块。--without-map 可测试除内核映射以外的全部功能（对以虚拟机方式运行的 pod 已经足够）"
}

check_udevd() {
  [[ -z $without_map ]] || return 0
  udevd_answers ||
    t 'systemd-udevd does not answer, so rbd map would hang: run 6_ensure_udevd.sh' \
      'systemd-udevd 没有应答，rbd map 会挂起：请运行 6_ensure_udevd.sh'
}

# as_user COMMAND…: a tool of Ceph, as the user; its words go to the log.
as_user() {
  local tool=$1
  shift
  limit=30 quiet "$tool" --id "$user" --keyring "$keyring" "$@"
}

# try ENGLISH CHINESE COMMAND…: a step of the test.
try() {
  local what=$1 what_cn=$2 since=$SECONDS
  shift 2
  "$@" || die "failed: $what, after $((SECONDS - since)) s; its words are in $log_file" \
    "失败：$what_cn（$((SECONDS - since)) 秒）；输出见 $log_file"
  say "ok: $what" "通过：$what_cn"
}

# listed, not_listed NAME: neither is true when the pool cannot be listed.
listed() {
  local names
  names=$(as_user rbd ls "$pool") && grep -qxF -- "$1" <<<"$names"
}
not_listed() {
  local names
  names=$(as_user rbd ls "$pool") && ! grep -qxF -- "$1" <<<"$names"
}
create() { as_user rbd create --size 1024 --image-format 2 --image-feature layering "$pool/$image"; }
# Information in the form of Jewel and of today has the size in its second line.
described() { as_user rbd info "$pool/$image" | grep -E 'size (1024 ?MB|1 ?GiB|1024 ?MiB)' >/dev/null; }

there_and_back() {
  as_user rbd import --no-progress --image-format 2 --image-feature layering "$private/data" "$pool/$image-data" &&
    as_user rbd export --no-progress "$pool/$image-data" - | cmp -s - "$private/data"
}

through_device() {
  limit=60 quiet dd if="$private/data" of="$device" bs=1M oflag=direct conv=fsync &&
    limit=60 quiet dd if="$device" of="$private/back" bs=1M count=4 iflag=direct &&
    cmp -s "$private/data" "$private/back"
}

# remove_image NAME: and no word when it is gone already.
remove_image() { not_listed "$1" || as_user rbd rm --no-progress "$pool/$1"; }

# clean_up: whatever this run, or a killed one on this node, has made.
clean_up() {
  local one left=''
  for one in $(devices_of "$pool" "$prefix"); do
    unmap_device "$one" || left+=" /dev/rbd$one"
  done
  while IFS= read -r one; do
    [[ $one != "$prefix"* ]] || remove_image "$one" || left+=" $pool/$one"
  done < <(as_user rbd ls "$pool")
  [[ -z $left ]] || warn "left behind:$left. The next run removes it; or rbd unmap, rbd rm" \
    "未能清除：$left。下次运行时会清除；也可手动 rbd unmap、rbd rm"
}

pool=hyper user='' without_map=''
while (($# > 0)); do
  case $1 in
    --without-map) without_map=yes ;;
    --dry-run) dry=yes ;;
    --pool | --user | --skip)
      need_value "$1" $#
      case $1 in
        --pool) pool=$2 ;;
        --user) user=${2#client.} ;;
        --skip) skip "$2" "${checks[@]}" ;;
      esac
      shift
      ;;
    -h | --help)
      help
      exit 0
      ;;
    *) misused "$1 is unknown" "未知参数 $1" ;;
  esac
  shift
done
if [[ -z $user ]]; then
  user='admin'
  [[ ! -s $etc/ceph.client.cephrbd.keyring ]] || user=cephrbd
fi
[[ $user =~ ^[A-Za-z0-9_-][A-Za-z0-9._-]*$ && $pool =~ ^[A-Za-z0-9_-][A-Za-z0-9._-]*$ ]] ||
  misused '--pool and --user: names of letters, digits and . _ -' '--pool 和 --user：只能使用字母、数字和 . _ -'
keyring=$etc/ceph.client.$user.keyring
# Nodes made from one image may share a host's name, or a machine's id; hardly both.
prefix=cephrbd-test-$host-$(head -c 8 /etc/machine-id 2>/dev/null || true)-
image=$prefix$$

begin --pool "$pool" --user "$user" ${without_map:+--without-map}
preflight "${checks[@]}"
if [[ -n $dry ]]; then
  would rbd create --size 1024 --image-format 2 --image-feature layering "$pool/$image"
  would rbd import "$pool/$image-data"
  if [[ -z $without_map ]]; then
    would rbd map "$pool/$image"
    would rbd unmap "$pool/$image"
  fi
  would rbd rm "$pool/$image"
  done_now '' ''
  exit 0
fi
private_dir
head -c 4194304 /dev/urandom >"$private/data"
clean_up
at_end clean_up
try "rbd create $pool/$image, 1 GiB" "rbd create $pool/$image，1 GiB" create
try "rbd ls $pool" "rbd ls $pool" listed "$image"
try 'rbd info' 'rbd info' described
try '4 MiB there and back: rbd import, rbd export' '写入并读回 4 MiB：rbd import、rbd export' there_and_back
if [[ -z $without_map ]]; then
  [[ -d $bus ]] || limit=30 quiet modprobe rbd || die 'modprobe rbd failed: dmesg tells why' 'modprobe rbd 失败：原因见 dmesg'
  map_device "$image"
  say "ok: rbd map, $device" "通过：rbd map，$device"
  try 'rbd showmapped' 'rbd showmapped' shown_mapped
  try "4 MiB there and back through $device" "通过 $device 写入并读回 4 MiB" through_device
  try 'rbd unmap' 'rbd unmap' unmap_device "${device#/dev/rbd}"
fi
try "rbd rm $pool/$image-data" "rbd rm $pool/$image-data" remove_image "$image-data"
try "rbd rm $pool/$image" "rbd rm $pool/$image" remove_image "$image"
try 'rbd ls: both are gone' 'rbd ls：两个镜像均已删除' not_listed "$image"
if [[ -n $without_map ]]; then
  say "passed: block devices of the pool $pool work for client.$user here; the kernel's mapping was not tested" \
    "测试通过：client.$user 可在本节点使用存储池 $pool 的块设备；未测试内核映射"
else
  say "passed: block devices of the pool $pool work for client.$user here" \
    "测试通过：client.$user 可在本节点使用存储池 $pool 的块设备"
fi
