# shellcheck shell=bash
# What 4_distribute_conf.sh does on other nodes. All travels as a script on ssh's stdin: neither
# ssh's arguments nor the other node's process list ever hold a key. Needs lib.sh.
# shellcheck disable=SC2154

# on HOST: runs the script on stdin there, as root, under a time limit.
on() {
  timeout -k 5 60 ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \
    -- "root@$1" bash -s 9>&-
}

# look_at HOST: "uid=… fsid=…;": who we are there, and whose ceph.conf lies there.
look_at() {
  {
    printf 'export LC_ALL=C\nconf=%q\n' "$conf"
    declare -f conf_value
    # shellcheck disable=SC2016 # for the other node
    printf 'printf "uid=%%s fsid=%%s;\\n" "$EUID" "$(conf_value fsid)"\n'
  } | on "$1"
}

# hand FILE MODE OWNER PATH: the lines of a script which put that file. A here-document, as the
# script itself comes by stdin; its end is a word that no file can hold by chance.
hand() {
  local end
  end=END-$(</proc/sys/kernel/random/uuid)
  printf 'put_file %q %s %q <<'"'%s'"'\n%s\n%s\n' "$2" "$3" "$4" "$end" "$(<"$1")" "$end"
}

# give_to HOST: the files, whole or not at all, each only where it differs.
# shellcheck disable=SC2016 # what is quoted is for the other node
give_to() {
  local said status=0 line counted=
  said=$({
    printf 'set -euo pipefail\numask 077\nexport LC_ALL=C\n'
    printf 'dry= logging= changed=0 chinese=%q conf=%q wanted=%q\n' "$chinese" "$conf" "$(conf_value fsid)"
    declare -f t say note conf_value put_file
    cat <<'THERE'
there=$(conf_value fsid)
[[ -z $there || $there == "$wanted" ]] || put_file 0644 root:root "$conf.$there" <"$conf"
owner=root:root
! id -u ceph >/dev/null 2>&1 || owner=ceph:ceph
THERE
    hand "$private/conf" 0644 root:root "$conf"
    hand "$private/user" 0600 root:root "$user_keyring"
    [[ -z $admin ]] || hand "$admin_keyring" 0600 root:root "$admin_keyring"
    if [[ -n $osd ]]; then
      printf 'folder=%q\n' "${bootstrap_keyring%/*}"
      printf '[[ -d $folder ]] || install -d -m 0755 -o "${owner%%:*}" -g "${owner%%:*}" "$folder"\n'
      hand "$private/bootstrap" 0600 '"$owner"' "$bootstrap_keyring"
    fi
    printf 'printf "changed=%%d\\n" "$changed"\n'
  } | on "$1" 2>&1) || status=$?
  while IFS= read -r line; do
    case $line in
      changed=*) counted=${line#*=} ;;
      ?*) say "$1: $line" "$1：$line" ;;
    esac
  done <<<"$said"
  if ((status != 0)) || [[ -z $counted ]]; then
    warn "$1: the files could not be put there (ssh's status $status)" "$1：文件未能写入（ssh 状态 $status）"
    return 1
  fi
  changed=$((changed + counted))
}

# check_reach NAME COMMAND…: whether the user reaches the cluster from there, asked by a script
# that the command takes on stdin. A node without Ceph's tools is told, not failed.
check_reach() {
  local name=$1 said
  shift
  said=$(
    "$@" 2>&1 <<THERE
export LC_ALL=C
unset CEPH_ARGS
if ! command -v ceph >/dev/null; then
  echo no-ceph
elif timeout -k 5 30 ceph --connect-timeout 15 --name client.$user --keyring $user_keyring fsid </dev/null; then
  echo reached
fi
THERE
  ) || true
  note "$name: $said"
  case $said in
    *reached) say "$name: client.$user reaches the cluster" "$name：client.$user 可以访问集群" ;;
    *no-ceph)
      say "$name: there is no ceph command yet, so it was not tried (0_install_ceph.sh)" \
        "$name：尚未安装 ceph 命令，未做连接测试（0_install_ceph.sh）"
      ;;
    *)
      warn "$name: ${said//$'\n'/; }" "$name：${said//$'\n'/; }"
      return 1
      ;;
  esac
}
