#!/usr/bin/env bash
# Gives a node a floating address, as that of the API server, and keeps it over reboots.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=7_floating_ip.sh dry='' skipped=''
checks=(root tools device network elsewhere duplicate keepalived)
# shellcheck source=deploy/node/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/node/address-lib.sh
. "$here/address-lib.sh"

units_dir=/etc/systemd/system
keepalived_conf=/etc/keepalived/keepalived.conf
ip='' prefix='' dev='' mode=unit remove='' router_id='' priority='' peers=() auth_file='' seconds=15

help() {
  cat <<TEXT
usage: $name IP/PREFIX DEV [--unit] [--skip NAME]... [--dry-run]
       $name IP/PREFIX DEV --keepalived --router-id N --priority N --peer IP [--peer IP]...
                        [--auth-file FILE] [--skip NAME]... [--dry-run]
       $name IP/PREFIX DEV --remove [--dry-run]

$(t 'Sets the address now, unless another machine answers on it, and sees to it that it is set
after a reboot.' '立即设置浮动 IP（若已有其他机器使用则拒绝），并保证重启后仍然有效。')

  --unit         by a unit of systemd: this node has the address, whatever the others do
                 (default)
  --keepalived   by keepalived (VRRP): of all nodes that run, that with the highest priority
                 has it. To be run on each of them, with the same --router-id
  --router-id N  1 to 255, once in this network
  --priority N   1 to 254, another one on each node
  --peer IP      the fixed address of another such node
  --auth-file F  a file whose first line, 1 to 8 letters and digits, the nodes tell each other.
                 It keeps out mistakes, no attackers: VRRP sends it readable
  --seconds N    how long to wait until the address answers (default: 15)
  --remove       takes away what either way has put, and the address
  --skip NAME    does without one of the checks: ${checks[*]}
  --dry-run      shows each command that would be run, and changes nothing

$(t 'Log:' '日志：') /var/log/cephrbd/7_floating_ip.log
Exit status: 0, or 1 after a failure, 2 after wrong arguments.
TEXT
}

# between OPTION VALUE LOW HIGH
between() {
  if [[ $2 =~ ^[0-9]{1,4}$ ]] && ((10#$2 >= $3 && 10#$2 <= $4)); then
    return 0
  fi
  misused "$1 is a number from $3 to $4, not '$2'" "$1 是 $3 到 $4 的数字，不能是「$2」"
}

parse() {
  local words=() modes=0
  while (($# > 0)); do
    case $1 in
      --router-id | --priority | --peer | --auth-file | --seconds | --skip)
        need_value "$1" $# "${2:-}"
        case $1 in
          --router-id) between "$1" "$2" 1 255 && router_id=$2 ;;
          --priority) between "$1" "$2" 1 254 && priority=$2 ;;
          --seconds) between "$1" "$2" 1 600 && seconds=$2 ;;
          --peer)
            is_address "$2" || misused "--peer $2 is no IPv4 address" "--peer $2 不是 IPv4 地址"
            peers+=("$2")
            ;;
          --auth-file) auth_file=$2 ;;
          --skip) skip_check "$2" ;;
        esac
        shift
        ;;
      --unit | --keepalived)
        mode=${1#--}
        modes=$((modes + 1))
        ;;
      --remove) remove=1 ;;
      --dry-run) dry=1 ;;
      -h | --help)
        help
        exit 0
        ;;
      -*) misused "$1 is unknown" "未知参数 $1" ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  ((${#words[@]} == 2)) || misused 'IP/PREFIX and DEV are needed' '需要 IP/前缀长度 和 网卡名'
  ip=${words[0]%/*} prefix=${words[0]#*/} dev=${words[1]}
  { [[ ${words[0]} == */* ]] && is_address "$ip"; } || misused "${words[0]} is no IPv4 address with a prefix, like 172.16.4.250/24" "${words[0]} 不是带前缀的 IPv4 地址，例如 172.16.4.250/24"
  between PREFIX "$prefix" 1 32
  [[ $dev =~ ^[A-Za-z0-9._@-]{1,15}$ ]] || misused "$dev is no name of a network device" "$dev 不是网卡名"
  ((modes < 2)) || misused '--unit and --keepalived do not go together' '--unit 与 --keepalived 不能同用'
  if [[ $mode == keepalived && -z $remove ]]; then
    [[ -n $router_id && -n $priority && ${#peers[@]} -gt 0 ]] ||
      misused '--keepalived needs --router-id, --priority and --peer' '--keepalived 需要 --router-id、--priority 和 --peer'
  fi
  unit=cephrbd-floating-ip-$ip.service
  unit_file=$units_dir/$unit
  snippet=/etc/keepalived/cephrbd-floating-ip-$ip.conf
}

check_tools() {
  local absent
  absent=$(missing ip systemctl awk timeout)
  [[ -z $absent ]] || t "not on the PATH: $absent" "PATH 中缺少：$absent"
}

check_device() {
  if ! ip link show dev "$dev" >/dev/null 2>&1; then
    t "there is no network device $dev; see: ip link" "没有网卡 $dev，请查看：ip link"
  elif [[ $(ip -o link show dev "$dev") != *,UP* && $(ip -o link show dev "$dev") != *'<UP'* ]]; then
    t "$dev is down: ip link set $dev up" "$dev 未启用：ip link set $dev up"
  fi
}

check_network() {
  [[ -n $(fixed_address) ]] || t "$dev has no other address in the network of $ip: is this the right device?" "$dev 上没有与 $ip 同网段的其他地址：网卡是否正确？"
}

check_elsewhere() {
  local other
  other=$(ip -4 -o address show to "$ip/32" 2>/dev/null | awk -v d="$dev" '$2 != d { print $2 }')
  [[ -z $other ]] || t "$ip is on ${other//$'\n'/ } of this node: ip address del it there" "$ip 已配置在本机的 ${other//$'\n'/ } 上，请先删除"
}

# The address may be with a peer of keepalived's, and nobody else.
check_duplicate() {
  local mac peer
  if ! has_arping; then
    ! on_device || return 0
    if [[ $(ip route get "$ip" 2>/dev/null) == *' via '* || $(ip route get "$ip" 2>/dev/null) != *"dev $dev"* ]]; then
      t "whether another machine has $ip cannot be found out: apt install iputils-arping" "无法确认 $ip 是否已被占用：apt install iputils-arping"
      return 0
    fi
  fi
  mac=$(mac_of "$ip")
  [[ -n $mac ]] || return 0
  for peer in ${peers[@]+"${peers[@]}"}; do
    [[ $(mac_of "$peer") != "$mac" ]] || return 0
  done
  t "another machine, $mac, answers on $ip: take the address from it first" "另一台机器（$mac）正在使用 $ip：请先在那台机器上取消"
}

check_keepalived() {
  [[ $mode == keepalived ]] || return 0
  command -v keepalived >/dev/null || t 'there is no keepalived: apt install keepalived. ' '没有安装 keepalived：apt install keepalived。'
  [[ -z $auth_file ]] || [[ $(auth_word) =~ ^[A-Za-z0-9]{1,8}$ ]] ||
    t "the first line of $auth_file is not 1 to 8 letters and digits" "$auth_file 的第一行不是 1 到 8 个字母或数字"
}

auth_word() { head -n 1 "$auth_file" 2>/dev/null | tr -d '\r\n'; }

unit_text() {
  local ip_program arping_program=''
  ip_program=$(command -v ip)
  ! has_arping || arping_program=$(command -v arping)
  cat <<TEXT
# Made by cephrbd, $name
[Unit]
Description=Floating address $ip
Wants=network-online.target
After=network-online.target
Before=kubelet.service

[Service]
Type=oneshot
RemainAfterExit=yes
TEXT
  # Not at boot either while another machine has it.
  [[ -z $arping_program ]] || printf 'ExecStartPre=%s -D -q -c 2 -w 3 -I %s %s\n' "$arping_program" "$dev" "$ip"
  printf 'ExecStart=%s address replace %s/%s dev %s\n' "$ip_program" "$ip" "$prefix" "$dev"
  [[ -z $arping_program ]] || printf 'ExecStartPost=-%s -U -q -c 2 -w 3 -I %s %s\n' "$arping_program" "$dev" "$ip"
  printf 'ExecStop=-%s address del %s/%s dev %s\n\n[Install]\nWantedBy=multi-user.target\n' "$ip_program" "$ip" "$prefix" "$dev"
}

snippet_text() {
  printf '# Made by cephrbd, %s\nvrrp_instance cephrbd_%s {\n' "$name" "${ip//./_}"
  printf '  state BACKUP\n  interface %s\n  virtual_router_id %s\n  priority %s\n  advert_int 1\n' "$dev" "$router_id" "$priority"
  printf '  unicast_src_ip %s\n  unicast_peer {\n' "$(fixed_address)"
  printf '    %s\n' "${peers[@]}"
  printf '  }\n'
  [[ -z $auth_file ]] || printf '  authentication {\n    auth_type PASS\n    auth_pass %s\n  }\n' "$(auth_word)"
  printf '  virtual_ipaddress {\n    %s/%s dev %s\n  }\n}\n' "$ip" "$prefix" "$dev"
}

by_unit() {
  unit_text >"$work/unit"
  if same "$work/unit" "$unit_file" && on_device && systemctl --quiet is-enabled "$unit" && systemctl --quiet is-active "$unit"; then
    say "no change: $dev has $ip, also after a reboot" "无变化：$dev 已有 $ip，重启后仍有效"
    return 0
  fi
  remove_keepalived
  put_file 0644 "$work/unit" "$unit_file"
  run systemctl daemon-reload
  run systemctl enable "$unit"
  # Its stop would take away the address that clients use now.
  run systemctl start "$unit" || die "$unit does not start: systemctl status $unit" "$unit 无法启动：systemctl status $unit"
  if [[ -z $dry ]] && ! on_device; then
    run systemctl restart "$unit" || die "$unit does not start: systemctl status $unit" "$unit 无法启动：systemctl status $unit"
    on_device || die "$unit runs, but $dev has no $ip: systemctl status $unit" "$unit 已运行，但 $dev 上没有 $ip：systemctl status $unit"
  fi
  [[ -n $dry ]] || say "done: $dev has $ip, also after a reboot" "完成：$dev 已有 $ip，重启后仍有效"
}

# somebody_has_it: this node or a peer.
somebody_has_it() { on_device || [[ -n $(mac_of "$ip") ]]; }

by_keepalived() {
  local line="include $snippet"
  snippet_text >"$work/snippet"
  { [[ ! -f $keepalived_conf ]] || cat "$keepalived_conf"; } >"$work/conf"
  grep -qxF "$line" "$work/conf" || printf '%s\n' "$line" >>"$work/conf"
  if same "$work/snippet" "$snippet" && same "$work/conf" "$keepalived_conf" && [[ ! -e $unit_file ]] &&
    systemctl --quiet is-enabled keepalived && systemctl --quiet is-active keepalived; then
    say "no change: keepalived looks after $ip" "无变化：keepalived 正在管理 $ip"
    return 0
  fi
  remove_unit
  put_file 0600 "$work/snippet" "$snippet"
  put_file "$(stat -c 0%a "$keepalived_conf" 2>/dev/null || echo 0644)" "$work/conf" "$keepalived_conf"
  run systemctl enable keepalived
  run systemctl reload-or-restart keepalived || die 'keepalived does not start: systemctl status keepalived' 'keepalived 无法启动：systemctl status keepalived'
  [[ -z $dry ]] || return 0
  wait_for "$seconds" somebody_has_it || die "keepalived runs, but nobody has $ip after $seconds s: journalctl -u keepalived" \
    "keepalived 已运行，但 $seconds 秒后仍没有节点持有 $ip：journalctl -u keepalived"
  if on_device; then
    say "done: keepalived looks after $ip; this node has it now" "完成：由 keepalived 管理 $ip，目前在本节点"
  else
    say "done: keepalived looks after $ip; another node has it now" "完成：由 keepalived 管理 $ip，目前在另一个节点"
  fi
}

remove_unit() {
  [[ -e $unit_file ]] || return 0
  run systemctl disable --now "$unit" || die "$unit could not be stopped" "无法停止 $unit"
  remove_file "$unit_file"
  run systemctl daemon-reload
  changed=1
}

remove_keepalived() {
  [[ -e $snippet ]] || return 0
  grep -vxF "include $snippet" "$keepalived_conf" >"$work/conf" || true
  if grep -q '[^[:space:]]' "$work/conf"; then
    put_file "$(stat -c 0%a "$keepalived_conf")" "$work/conf" "$keepalived_conf"
    remove_file "$snippet"
    run systemctl reload-or-restart keepalived || die 'keepalived does not start again' 'keepalived 无法重新启动'
  else
    # Nothing is left for it to do, and with an empty file it would not start.
    run systemctl disable --now keepalived || die 'keepalived could not be stopped' '无法停止 keepalived'
    remove_file "$keepalived_conf"
    remove_file "$snippet"
  fi
  changed=1
}

take_away() {
  remove_unit
  remove_keepalived
  if on_device; then
    # keepalived takes its own away; a moment later all the same.
    [[ -n $dry ]] || wait_for 3 eval '! on_device' || run ip address del "$ip/$prefix" dev "$dev"
    changed=1
  fi
  if [[ -z $changed ]]; then
    say "no change: $ip was not there" "无变化：本来就没有 $ip"
  elif [[ -z $dry ]]; then
    say "done: $ip is gone from this node" "完成：本节点已不再持有 $ip"
  fi
}

changed=''
parse "$@"
((EUID != 0)) || open_log /var/log/cephrbd "$@"
begin
if [[ -n $remove ]]; then
  checks=(root tools)
  preflight
  take_away
else
  preflight
  "by_$mode"
fi
[[ -z $dry ]] || say 'a dry run: nothing was changed' '演习模式：未做任何改动'
