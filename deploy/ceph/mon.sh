# shellcheck shell=bash
# What 1_ceph_bootstrap_mon.sh and 1b_ceph_add_mon.sh share. Needs lib.sh.
# shellcheck disable=SC2034,SC2154 # variables of both sides

# How a ceph.conf of ours is known.
mark='# made by 1_ceph_bootstrap_mon.sh'
mon_data=/var/lib/ceph/mon/ceph-$host
mon_stage=/var/lib/ceph/mon/.cephrbd-new-$host

check_hostname() {
  if [[ ! $host =~ ^[A-Za-z0-9][A-Za-z0-9-]*$ || $host == localhost ]]; then
    t "'$host' is no good name for a monitor: give this node a name (hostnamectl set-hostname)" \
      "「$host」 不适合作为 mon 名称：请设置主机名（hostnamectl set-hostname）"
  elif ! timeout 5 getent hosts "$host" >/dev/null; then
    t "the name $host resolves to nothing: add it to /etc/hosts with $public_ip" \
      "主机名 $host 无法解析：请将其与 $public_ip 写入 /etc/hosts"
  fi
}

# Ports that somebody else has. Our own monitor may have them.
mon_ports_problem() {
  local port taken=''
  ! systemctl is-active -q "ceph-mon@$host" 2>/dev/null || return 0
  for port in 3300 6789; do
    [[ -z $(ss -Hltn "( sport = $port ) and ( src $1 or src 0.0.0.0 or src [::] )" 2>/dev/null) ]] || taken+=" $port"
  done
  [[ -z $taken ]] || t "ports that are taken on $1:$taken (ss -ltnp)" "$1 上的端口已被占用：$taken（ss -ltnp）"
}

check_space() {
  local free
  free=$(df -Pk /var/lib | awk 'NR == 2 { print int($4 / 1024) }')
  ((free >= 1024)) ||
    t "$free MiB are free below /var/lib; a monitor needs 1024 and stops the cluster without" \
      "/var/lib 仅剩 $free MiB；mon 至少需要 1024 MiB，空间不足会使集群停止服务"
}

check_clock() {
  ((10#$(date +%Y) >= 2018)) ||
    t "this node's clock says $(date +%F): set it (ntp, chrony). Keys would not be valid" \
      "本节点时钟为 $(date +%F)：请先校时（ntp、chrony），否则密钥无效"
}

# What a killed run left; it was never a monitor.
sweep_mon() {
  [[ ! -e $mon_stage ]] || run rm -rf "$mon_stage"
}

# mkfs_mon MONMAP KEYRING: the store appears under its name when it is complete.
mkfs_mon() {
  chown -R ceph:ceph "$private"
  chmod 0710 "$private"
  run install -d -o ceph -g ceph -m 0750 "$mon_stage"
  run ceph-mon --mkfs -i "$host" --mon-data "$mon_stage" --fsid "$(conf_value fsid)" --monmap "$1" --keyring "$2" \
    --setuser ceph --setgroup ceph
  sync
  run mv -T "$mon_stage" "$mon_data"
}

# put_key ENTITY FILE CAPS…: the entity's key from the cluster into a file of Ceph's own.
put_key() {
  local entity=$1 file=$2
  shift 2
  [[ ! -s $file ]] || return 0
  if would ceph auth get-or-create "$entity" "$@" -o "$file"; then
    return
  fi
  private_dir
  # The cluster makes some by itself, with caps in words of its own.
  if ! ask auth get "$entity" >"$private/key" && ! ask auth get-or-create "$entity" "$@" >"$private/key"; then
    die "the cluster gave no key for $entity: $log_file has its words" "集群未返回 $entity 的密钥：详见 $log_file"
  fi
  [[ -d ${file%/*} ]] || run install -d -o ceph -g ceph -m 0750 "${file%/*}"
  put_file 0600 ceph:ceph "$file" <"$private/key"
}

mgr_runs() { [[ $(ask mgr stat 2>/dev/null) == *'"available": true'* ]]; }

# Luminous and newer count and balance by a manager; one beside each monitor.
start_mgr() {
  ((major >= 12)) || return 0
  if ! command -v ceph-mgr >/dev/null; then
    warn 'there is no ceph-mgr here: volumes work, but ceph -s will not count pools and space. Install it and run this again' \
      '未安装 ceph-mgr：卷可以使用，但 ceph -s 不会统计存储池和空间。请安装后重新运行'
    return
  fi
  put_key "mgr.$host" "/var/lib/ceph/mgr/ceph-$host/keyring" mon 'allow profile mgr' osd 'allow *' mds 'allow *'
  enable_and_start ceph-mgr.target "ceph-mgr@$host"
  [[ -n $dry ]] || wait_for 90 mgr_runs ||
    die "no manager is active after 90 s: journalctl -u ceph-mgr@$host" "90 秒后仍没有可用的 mgr：journalctl -u ceph-mgr@$host"
}

# as_number ADDRESS: IPv4 as a number; 1 if it is none.
as_number() {
  local IFS=. part number=0
  [[ $1 =~ ^([0-9]{1,3}\.){3}[0-9]{1,3}$ ]] || return 1
  for part in $1; do
    ((10#$part <= 255)) || return 1
    number=$((number * 256 + 10#$part))
  done
  printf '%s\n' "$number"
}

# network_of ADDRESS PREFIX: 172.16.4.101 24 -> 172.16.4.0/24
network_of() {
  local number mask
  number=$(as_number "$1") || return 1
  mask=$(((0xffffffff << (32 - $2)) & 0xffffffff))
  number=$((number & mask))
  printf '%d.%d.%d.%d/%d\n' $((number >> 24)) $((number >> 16 & 255)) $((number >> 8 & 255)) $((number & 255)) "$2"
}

# address_problem ADDRESS PREFIX: whether an interface of this node has it, with that prefix.
address_problem() {
  local found
  if ! as_number "$1" >/dev/null; then
    t "$1 is no IPv4 address" "$1 不是 IPv4 地址"
  elif [[ ! $2 =~ ^[0-9]{1,2}$ ]] || ((10#$2 < 1 || 10#$2 > 32)); then
    t "$2 is no prefix: give the length of the network's part, like 24" "$2 不是网络前缀：请给出前缀长度，如 24"
  else
    found=$(ip -o -4 addr show | awk -v a="$1" '{ split($4, part, "/"); if (part[1] == a) print part[2] }' | head -n 1)
    if [[ -z $found ]]; then
      t "no interface of this node has $1 (ip -4 addr)" "本节点没有网卡使用地址 $1（ip -4 addr）"
    elif ((found != 10#$2)); then
      t "$1 has the prefix $found here, not $2" "$1 在本节点上的前缀是 $found，不是 $2"
    fi
  fi
}
