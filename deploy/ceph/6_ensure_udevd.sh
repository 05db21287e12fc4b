#!/usr/bin/env bash
# systemd-udevd, now and after each reboot: rbd map and unmap wait for it. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"

checks=(root tools systemd sys)

help() {
  t "usage: 6_ensure_udevd.sh [--dry-run] [--skip NAME]...

Makes sure that systemd-udevd runs on this node, now and after each reboot. Without it
'rbd map' hangs, although the device gets mapped, and 'rbd unmap' hangs, too. The proof is the
daemon's own answer, not what systemctl says.

  --dry-run    tells what would be done, and changes nothing
  --skip NAME  does without one of the checks that come first: ${checks[*]}

Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：6_ensure_udevd.sh [--dry-run] [--skip 名称]...

确保 systemd-udevd 在本节点运行，且重启后仍会运行。没有它，rbd map 会一直挂起（尽管设备其实已经
映射），rbd unmap 同样会挂起。以守护进程自身的应答为准，而不是 systemctl 的输出。

  --dry-run    只显示将要执行的操作，不做任何修改
  --skip 名称  忽略某项前置检查：${checks[*]}

退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

service=systemd-udevd.service
sockets=(systemd-udevd-control.socket systemd-udevd-kernel.socket)

check_tools() {
  local missing=''
  command -v udevadm >/dev/null || missing=udev
  command -v systemctl >/dev/null || missing+="${missing:+ }systemd"
  [[ -z $missing ]] || t "not installed: $missing. apt-get install $missing" "未安装：$missing。请执行 apt-get install $missing"
}

check_systemd() {
  [[ -d /run/systemd/system ]] || udevd_answers ||
    t 'this node is not run by systemd: start udevd in the way of its own init' '本节点不是由 systemd 管理：请用其自身的 init 方式启动 udevd'
}

# systemd starts udevd only where /sys can be written; and says "done" where it does not.
check_sys() {
  [[ -w /sys ]] ||
    t '/sys is read-only here: this is a container, and udevd cannot run in it. Run this on the node itself' \
      '此处 /sys 为只读：这是一个容器，无法运行 udevd。请在节点本身（宿主机）上运行'
}

# masked UNIT
masked() { [[ $(systemctl is-enabled "$1" 2>/dev/null) == masked* ]]; }

# wanted_at_boot: something that is started at boot asks for the daemon or for one of its sockets.
wanted_at_boot() {
  local unit
  for unit in "$service" "${sockets[@]}"; do
    ! systemctl show -p WantedBy -p RequiredBy "$unit" 2>/dev/null | grep -Eq '=.*(sysinit|sockets|basic|multi-user)\.target' ||
      return 0
  done
  return 1
}

while (($# > 0)); do
  case $1 in
    --dry-run) dry=yes ;;
    --skip)
      need_value "$1" $#
      skip "$2" "${checks[@]}"
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

begin "$@"
preflight "${checks[@]}"
for unit in "$service" "${sockets[@]}"; do
  ! masked "$unit" || run systemctl unmask "$unit" ||
    die "$unit is masked and stays so: look for it in /etc/systemd/system and /run/systemd/system" \
      "$unit 被屏蔽（masked）且无法解除：请检查 /etc/systemd/system 和 /run/systemd/system"
done
if ! udevd_answers; then
  # A failed unit is forgiven first. The exit status of start is none to go by: it is 0, too, where
  # a condition of the unit keeps it from starting; so the daemon is asked.
  [[ -n $dry ]] || systemctl reset-failed "$service" 2>/dev/null || true
  run systemctl start "$service" || true
  [[ -n $dry ]] || wait_for 20 udevd_answers ||
    die "systemd-udevd was started and does not answer: systemctl status $service; journalctl -u $service" \
      "已启动 systemd-udevd，但没有应答：请查看 systemctl status $service 和 journalctl -u $service"
fi
if ! wanted_at_boot; then
  run systemctl add-wants sysinit.target "$service" || true
  [[ -n $dry ]] || wanted_at_boot ||
    die "systemd-udevd runs now, but nothing starts it at boot: systemctl show -p WantedBy $service" \
      "systemd-udevd 已运行，但没有任何单元在开机时启动它：systemctl show -p WantedBy $service"
fi
done_now 'systemd-udevd answers, and starts at boot' 'systemd-udevd 应答正常，且会开机启动'
