#!/usr/bin/env bash
# ceph.conf and a key of little power to the nodes that use the cluster. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/ceph/remote.sh
. "$here/remote.sh"

checks=(root tools cluster user hosts)

help() {
  t "usage: 4_distribute_conf.sh HOST... [--osd] [--admin] [--user NAME] [--pool NAME]
                            [--update-caps] [--replace] [--dry-run] [--skip NAME]...
       4_distribute_conf.sh --here [the same]

On a node with the admin's key: makes the user client.cephrbd, who may use the pool hyper and
nothing else, and gives ceph.conf and that user's key to the HOSTs by ssh, and to this node:
  4_distribute_conf.sh 172.16.4.102 172.16.4.103 --osd

root of this node must reach root of each HOST by a key of ssh, without a password (ssh-copy-id).
What is there already and the same is left untouched.

  --here         this node only
  --osd          also the key by which a HOST adds OSDs (3_ceph_add_osd.sh)
  --admin        also the admin's key: who reads it there, owns the cluster. No volume needs it
  --user NAME    another user (default: cephrbd)
  --pool NAME    the pool that the user may use (default: hyper)
  --update-caps  gives the user these rights, when it exists with others
  --replace      a HOST's ceph.conf of another cluster is kept as ceph.conf.ID and replaced
  --dry-run      tells what would be done, and changes nothing
  --skip NAME    does without one of the checks that come first: ${checks[*]}

Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：4_distribute_conf.sh 主机... [--osd] [--admin] [--user 名称] [--pool 名称]
                            [--update-caps] [--replace] [--dry-run] [--skip 名称]...
      4_distribute_conf.sh --here [其余相同]

在持有 admin 密钥的节点上运行：创建只能使用存储池 hyper 的用户 client.cephrbd，
并通过 ssh 将 ceph.conf 和该用户的密钥分发到各主机以及本节点：
  4_distribute_conf.sh 172.16.4.102 172.16.4.103 --osd

本节点的 root 必须能用 ssh 密钥免密登录各主机的 root（ssh-copy-id）。内容相同的文件不会改动。

  --here         只处理本节点
  --osd          同时分发用于添加 OSD 的密钥（3_ceph_add_osd.sh 需要）
  --admin        同时分发 admin 密钥：能读取它的人即可控制整个集群。使用卷并不需要它
  --user 名称    使用其他用户名（默认 cephrbd）
  --pool 名称    该用户可使用的存储池（默认 hyper）
  --update-caps  用户已存在但权限不同时，更新其权限
  --replace      主机上属于其他集群的 ceph.conf 会备份为 ceph.conf.ID，然后替换
  --dry-run      只显示将要执行的操作，不做任何修改
  --skip 名称    忽略某项前置检查：${checks[*]}

退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

check_tools() {
  if ((${#hosts[@]} > 0)); then
    tools_missing ceph ssh flock
  else
    tools_missing ceph flock
  fi
}

check_cluster() {
  local fsid
  if [[ ! -f $conf || ! -f $admin_keyring ]]; then
    t "$conf or $admin_keyring is missing: run this on the node of the first monitor" \
      "缺少 $conf 或 $admin_keyring：请在首个 mon 节点上运行"
  elif ! fsid=$(ask fsid); then
    t "the cluster ($(conf_value mon_host)) does not answer: ceph -s; systemctl status 'ceph-mon@*'" \
      "集群（$(conf_value mon_host)）没有响应：请检查 ceph -s 和 systemctl status 'ceph-mon@*'"
  elif [[ $fsid != "$(conf_value fsid)" ]]; then
    t "the cluster is $fsid, but $conf says '$(conf_value fsid)': put the right ceph.conf back" \
      "集群的 fsid 是 $fsid，而 $conf 中是「$(conf_value fsid)」：请恢复正确的 ceph.conf"
  fi
}

# wanted_caps: sets caps. Jewel knows no profile rbd; its client needs these to break the lock of
# a dead one and to see the clones of an image.
wanted_caps() {
  local major
  major=$(ceph_major) || major=99
  if ((major >= 12)); then
    caps=(mon 'profile rbd' osd "profile rbd pool=$pool")
  else
    caps=(mon 'allow r, allow command "osd blacklist"'
      osd "allow class-read object_prefix rbd_children, allow rwx pool=$pool")
  fi
}

# caps_words: caps in the form of caps_of.
caps_words() { printf "%s '%s'\n" "${caps[@]}" | sort | paste -sd ' '; }

# caps_of USER: "mon 'caps' osd 'caps'", sorted, without the key; 1 when there is no such user.
caps_of() {
  local text
  text=$(ask auth get "client.$1") || return 1
  sed -n 's/^[[:space:]]*caps \([a-z]*\) = "\(.*\)"$/\1 '"'\2'"'/p' <<<"$text" | sed 's/\\"/"/g' | sort | paste -sd ' '
}

check_user() {
  local there wanted
  [[ -f $admin_keyring ]] && cluster_answers || return 0
  wanted_caps
  there=$(caps_of "$user") || return 0
  wanted=$(caps_words)
  [[ $there == "$wanted" || -n $update_caps ]] ||
    t "client.$user exists with other rights: $there; wanted: $wanted. Give another --user, or --update-caps to change them" \
      "client.$user 已存在，但权限不同：$there；需要：$wanted。请换用其他 --user，或用 --update-caps 更新权限"
}

check_hosts() {
  local one said fsid
  fsid=$(conf_value fsid)
  for one in ${hosts[@]+"${hosts[@]}"}; do
    if ! said=$(look_at "$one" 2>&1); then
      t "$one: ssh as root does not work: ${said//$'\n'/ }. Try: ssh root@$one true; ssh-copy-id root@$one" \
        "$one：无法以 root 通过 ssh 登录：${said//$'\n'/ }。请尝试：ssh root@$one true；ssh-copy-id root@$one"
      echo
    elif [[ $said != *'uid=0 '* ]]; then
      t "$one: ssh reaches it, but not as root" "$one：ssh 登录后不是 root 用户"
      echo
    elif [[ $said != *"fsid=$fsid;"* && $said != *'fsid=;'* && -z $replace ]]; then
      said=${said##*fsid=}
      t "$one belongs to cluster ${said%%;*} ($conf there): it is left alone. --replace if that one is gone" \
        "$one 属于另一个集群 ${said%%;*}（其 $conf）：不做改动。若该集群已废弃，可用 --replace"
      echo
    fi
  done
}

# The user's key, from the cluster; nothing else goes into its file.
make_user() {
  local there
  wanted_caps
  if ! there=$(caps_of "$user"); then
    if would ceph auth get-or-create "client.$user" "${caps[@]}"; then
      return 0
    fi
    ask auth get-or-create "client.$user" "${caps[@]}" >"$private/made" ||
      die "client.$user could not be made: $log_file has Ceph's words" "无法创建 client.$user：Ceph 的输出见 $log_file"
    changed=$((changed + 1))
    say "made the user client.$user: $(caps_words)" "已创建用户 client.$user：$(caps_words)"
  elif [[ $there != "$(caps_words)" ]] && ! would ceph auth caps "client.$user" "${caps[@]}"; then
    # Newer releases print the key here.
    ask auth caps "client.$user" "${caps[@]}" >/dev/null ||
      die "the rights of client.$user could not be changed: $log_file has Ceph's words" \
        "无法更新 client.$user 的权限：Ceph 的输出见 $log_file"
    changed=$((changed + 1))
    say "client.$user had: $there; has now: $(caps_words)" "client.$user 原权限：$there；现权限：$(caps_words)"
  fi
}

# fetch_key ENTITY FILE: its keyring, without rights, in the private folder.
fetch_key() {
  local text key
  text=$(ask auth get "$1") || die "no key of $1: $log_file has Ceph's words" "无法取得 $1 的密钥：Ceph 的输出见 $log_file"
  key=$(awk '$1 == "key" { print $3 }' <<<"$text")
  [[ -n $key ]] || die "Ceph's answer holds no key of $1" "Ceph 的返回中没有 $1 的密钥"
  printf '[%s]\n\tkey = %s\n' "$1" "$key" >"$private/$2"
}

hosts=()
here_only='' osd='' admin='' user=cephrbd pool=hyper update_caps='' replace=''
while (($# > 0)); do
  case $1 in
    --here) here_only=yes ;;
    --osd) osd=yes ;;
    --admin) admin=yes ;;
    --update-caps) update_caps=yes ;;
    --replace) replace=yes ;;
    --dry-run) dry=yes ;;
    --user | --pool | --skip)
      need_value "$1" $#
      case $1 in
        --user) user=${2#client.} ;;
        --pool) pool=$2 ;;
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
      [[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9._:-]*$ ]] || misused "$1 is no host's name or address" "$1 不是主机名或地址"
      hosts+=("$1")
      ;;
  esac
  shift
done
[[ $user =~ ^[A-Za-z0-9_-][A-Za-z0-9._-]*$ && $user != admin && $user != bootstrap-* ]] ||
  misused "--user $user: a name of letters, digits and . _ -, and none of Ceph's own" "--user $user：只能使用字母、数字和 . _ -，且不能是 Ceph 自用的名称"
[[ $pool =~ ^[A-Za-z0-9_-][A-Za-z0-9._-]*$ ]] ||
  misused "--pool $pool: a name of letters, digits and . _ -" "--pool $pool：只能使用字母、数字和 . _ -"
if [[ -n $here_only ]]; then
  ((${#hosts[@]} == 0)) || misused '--here means this node only: name no host' '--here 表示只处理本节点：不要再给出主机'
else
  ((${#hosts[@]} > 0)) || misused 'name the hosts, or --here for this node only' '请给出主机；只处理本节点时使用 --here'
fi
user_keyring=$etc/ceph.client.$user.keyring

begin ${hosts[@]+"${hosts[@]}"}
preflight "${checks[@]}"
[[ -z $admin ]] || warn "--admin: whoever becomes root on ${hosts[*]:-this node} owns the cluster; volumes need client.$user only" \
  "--admin：在 ${hosts[*]:-本节点} 上取得 root 的人即可控制整个集群；使用卷只需要 client.$user"
if [[ -n $dry ]]; then
  make_user
  for one in "$host" ${hosts[@]+"${hosts[@]}"}; do
    say "would give to $one, where they differ: $conf $user_keyring${osd:+ $bootstrap_keyring}${admin:+ $admin_keyring}" \
      "将分发到 $one（仅当内容不同）：$conf $user_keyring${osd:+ $bootstrap_keyring}${admin:+ $admin_keyring}"
  done
else
  private_dir
  make_user
  fetch_key "client.$user" user
  if [[ -n $osd ]]; then
    caps_of bootstrap-osd >/dev/null || ask auth get-or-create client.bootstrap-osd mon 'allow profile bootstrap-osd' >/dev/null ||
      die "client.bootstrap-osd could not be made: $log_file has Ceph's words" "无法创建 client.bootstrap-osd：Ceph 的输出见 $log_file"
    fetch_key client.bootstrap-osd bootstrap
  fi
  cat "$conf" >"$private/conf"
  put_file 0644 root:root "$conf" <"$private/conf"
  put_file 0600 root:root "$user_keyring" <"$private/user"
  failed=
  for one in ${hosts[@]+"${hosts[@]}"}; do
    give_to "$one" || failed+=" $one"
  done
  [[ -z $failed ]] || die "not done on:$failed. Put that right and run this again" "以下主机未完成：$failed。请排除问题后重新运行"
  check_reach "$host" bash -s || failed+=" $host"
  for one in ${hosts[@]+"${hosts[@]}"}; do
    check_reach "$one" on "$one" || failed+=" $one"
  done
  [[ -z $failed ]] || die "client.$user does not reach the monitors $(conf_value mon_host) from:$failed. Look at the network and its firewalls (ports 6789 and 3300)" \
    "client.$user 无法连接 mon $(conf_value mon_host)：$failed。请检查网络和防火墙（端口 6789 和 3300）"
fi
done_now "ceph.conf and the key of client.$user are on: $host${hosts[*]:+ ${hosts[*]}}" "ceph.conf 和 client.$user 的密钥已就位：$host${hosts[*]:+ ${hosts[*]}}"
