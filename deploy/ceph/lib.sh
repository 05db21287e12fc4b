# shellcheck shell=bash
# What the scripts of this folder share: messages in two languages, the log, checks that come
# first, dry runs, files that are put whole or not at all, and how Ceph is asked. Source it; it
# goes by bash 4.3 and what Kylin 4.0.2 has.
# shellcheck disable=SC2034 # variables of the scripts that source this

umask 077
script=${0##*/}
script=${script%.sh}

# The admin's language, before everything else is told to speak plainly.
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
  zh*) chinese=yes ;;
  *) chinese= ;;
esac
export LC_ALL=C
# cron's and sudo's PATH may lack the system's own folders.
for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
  [[ :$PATH: == *:$folder:* ]] || PATH+=:$folder
done
unset folder
export PATH
# What could name another cluster, or send its messages elsewhere.
unset CEPH_ARGS CEPH_CONF CEPH_KEYRING CEPH_LIB

etc=/etc/ceph
conf=$etc/ceph.conf
admin_keyring=$etc/ceph.client.admin.keyring
bootstrap_keyring=/var/lib/ceph/bootstrap-osd/ceph.keyring
log_file=/var/log/cephrbd/$script.log
units=/etc/systemd/system
host=$(hostname -s 2>/dev/null || hostname)

dry=
skipped=
changed=0
logging=
private=

# t ENGLISH CHINESE: the words for who reads them.
t() {
  if [[ -n $chinese ]]; then
    printf '%s' "$2"
  else
    printf '%s' "$1"
  fi
}

note() {
  [[ -z $logging ]] || printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >>"$log_file"
}

# say ENGLISH CHINESE
say() {
  local words
  words=$(t "$1" "$2")
  printf '%s\n' "$words"
  note "$words"
}

complained=
complain() {
  complained=yes
  printf '%s: %s\n' "$script" "$*" >&2
  note "! $*"
}

# warn ENGLISH CHINESE
warn() { complain "$(t "$1" "$2")"; }

# die ENGLISH CHINESE
die() {
  warn "$1" "$2"
  exit 1
}

# misused ENGLISH CHINESE: wrong arguments.
misused() {
  complain "$(t "$1 (see $script.sh --help)" "$2（参见 $script.sh --help）")"
  exit 2
}

# need_value OPTION COUNT: an option's value must follow it.
need_value() {
  (($2 >= 2)) || misused "$1 needs a value" "$1 需要一个值"
}

# begin: the log, and one run of these scripts at a time on this node. Dry runs touch neither.
begin() {
  [[ -z $dry ]] || return 0
  ((EUID == 0)) || die 'only root can do this: use sudo' '需要 root 权限：请使用 sudo'
  [[ -d ${log_file%/*} ]] || install -d -m 0750 "${log_file%/*}"
  logging=yes
  note "== $script.sh${*:+ $*}"
  exec 9>/run/cephrbd-deploy.lock
  flock -w 60 9 || die 'another of these scripts has been at work on this node for a minute: wait for it, then run this again' \
    '另一个部署脚本已在本节点运行超过一分钟：请等待其结束后重试'
  # Keys that a killed run had in its hands.
  rm -rf /run/cephrbd-deploy.??????
}

# private_dir: sets private, a folder in memory that only root can read, gone when the script ends;
# what a killed run has left goes first.
private_dir() {
  [[ -z $private ]] || return 0
  rm -rf /run/cephrbd-deploy.??????
  private=$(mktemp -d /run/cephrbd-deploy.XXXXXX)
}

# at_end FUNCTION…: run however the script ends, last first; then what is private goes.
endings=()
at_end() { endings+=("$1"); }
finish_up() {
  local status=$? i
  trap - EXIT ERR
  set +e
  if ((status != 0)) && [[ -z $complained ]]; then
    warn "ended with $status at $failed_at; run it again, and see $log_file" "以 $status 退出，位置：$failed_at；请重新运行，并查看 $log_file"
  fi
  for ((i = ${#endings[@]} - 1; i >= 0; i--)); do
    "${endings[i]}"
  done
  [[ -z $private ]] || rm -rf "$private"
  note "== exit status $status"
  exit "$status"
}
trap finish_up EXIT
# Nothing ends without a word. The command is shown as it is written, not with what it was given.
failed_at='a signal'
trap 'failed_at="line $LINENO: ${BASH_COMMAND%%$'"'\\n'"'*}"' ERR
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# preflight NAME…: runs check_NAME of each. A check prints what is wrong and what to do, or
# nothing. All are run and told together; each can be waived by --skip NAME.
preflight() {
  local check text problems=0
  for check; do
    text=$("check_${check//-/_}") || text="$text $(t '(the check itself failed)' '（检查本身失败）')"
    [[ -n $text ]] || continue
    text=${text//$'\n'/; }
    if [[ " $skipped " == *" $check "* ]]; then
      complain "$check, $(t waived 已忽略): $text"
    else
      complain "$check: $text"
      problems=$((problems + 1))
    fi
  done
  ((problems == 0)) || die "checks that failed: $problems. Nothing was changed. Put them right, or waive one by --skip NAME" \
    "未通过的检查：$problems 项。未做任何修改。请修正，或用 --skip 名称 忽略某项"
}

# skip NAME CHECK…: notes a check to be waived; it must be one of those.
skip() {
  local name=$1
  shift
  [[ " $* " == *" $name "* ]] || misused "there is no check $name; there are: $*" "没有名为 $name 的检查；可用的有：$*"
  skipped+=" $name"
}

check_root() {
  ((EUID == 0)) || t 'only root can do this: use sudo' '需要 root 权限：请使用 sudo'
}

# check_tools_of NAME…: for a script's own check_tools.
tools_missing() {
  local tool missing=''
  for tool; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  [[ -z $missing ]] || t "not installed:$missing. Run 0_install_ceph.sh" "未安装：$missing。请先运行 0_install_ceph.sh"
}

# would WORDS…: in a dry run tells a command, as it would be typed, and succeeds.
would() {
  [[ -n $dry ]] || return 1
  local words
  printf -v words '%q ' "$@"
  printf '%s %s\n' "$(t 'would run:' '将运行：')" "${words% }"
}

# run COMMAND…: a command that changes something, under a time limit, its words in the log and,
# when it fails, on stderr. Never one with a secret among its arguments.
limit=120
run() {
  local said status=0
  ! would "$@" || return 0
  note "+ $*"
  # It holds the lock as well: if this script is killed, the next run waits for the command's end.
  said=$(timeout -k 5 "$limit" "$@" 2>&1) || status=$?
  [[ -z $said ]] || note "$said"
  if ((status == 0)); then
    changed=$((changed + 1))
    return 0
  fi
  ((status != 124 && status != 137)) || said="$(t "no end within $limit s" "$limit 秒内未结束") ${said}"
  complain "$(t 'failed' '失败'): $*: ${said//$'\n'/; }"
  return 1
}

# quiet COMMAND…: the same for what only asks. Its answer goes to stdout; its complaints are
# in the log.
quiet() {
  local status=0 said=/dev/null
  [[ -z $logging ]] || said=$log_file
  timeout -k 5 "$limit" "$@" 2>>"$said" || status=$?
  ((status == 0)) || note "- $* ended with $status"
  return "$status"
}

# put_file MODE OWNER PATH: what stands on stdin becomes the file, whole or not at all. The same
# contents, mode and owner: nothing is touched. Not in a pipeline: there $changed would be lost.
put_file() {
  local mode=$1 owner=$2 path=$3 new
  if [[ -n $dry ]]; then
    if [[ -f $path ]] && cmp -s - "$path"; then
      return 0
    fi
    cat >/dev/null
    printf '%s %s\n' "$(t 'would write:' '将写入：')" "$path"
    return 0
  fi
  [[ -d ${path%/*} ]] || install -d -m 0755 "${path%/*}"
  new=${path%/*}/.${path##*/}.cephrbd-new
  cat >"$new"
  if [[ ! -L $path && -f $path ]] && cmp -s "$new" "$path" && [[ $(stat -c '%04a %U:%G' "$path") == "$mode $owner" ]]; then
    rm -f "$new"
    return 0
  fi
  chown "$owner" "$new"
  chmod "$mode" "$new"
  sync "$new" 2>/dev/null || sync
  mv -f "$new" "$path"
  sync "${path%/*}" 2>/dev/null || sync
  changed=$((changed + 1))
  say "wrote $path" "已写入 $path"
}

# done_now ENGLISH CHINESE: the last line: whether anything was changed.
done_now() {
  if [[ -n $dry ]]; then
    say 'a dry run: nothing was changed' '演练模式：未做任何修改'
  elif ((changed == 0)); then
    say "no change: $1" "无变化：$2"
  else
    say "done: $1" "完成：$2"
  fi
}

# wait_for SECONDS COMMAND…: until it succeeds; 1 when the time is over.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}

# conf_value KEY: from [global] of ceph.conf, blanks and underscores alike, as Ceph reads it.
conf_value() {
  [[ -f ${2:-$conf} ]] || return 0
  awk -v wanted="$1" '
    /^[[:space:]]*\[/ { section = $0; gsub(/[][[:space:]]/, "", section) }
    section == "global" && /=/ {
      key = $0; sub(/=.*/, "", key); gsub(/^[[:space:]]+|[[:space:]]+$/, "", key); gsub(/[[:space:]]+/, "_", key)
      value = $0; sub(/^[^=]*=/, "", value); sub(/[[:space:]]*[#;].*$/, "", value); gsub(/^[[:space:]]+|[[:space:]]+$/, "", value)
      if (key == wanted) found = value
    }
    END { print found }' "${2:-$conf}"
}

# ceph_major: 10 for Jewel, 16 for Pacific: what is installed here.
ceph_major() {
  local version
  version=$(timeout 20 ceph --version 2>/dev/null) || version=$(timeout 20 ceph-osd --version 2>/dev/null) || return 1
  version=${version#ceph version }
  printf '%s\n' "${version%%.*}"
}

# ask ARGUMENT…: the ceph command, never without limits: a client without a key would wait 300 s.
ask() { limit=${ask_limit:-30} quiet ceph --connect-timeout 10 "$@"; }

# change ARGUMENT…: the same for what changes the cluster.
change() { limit=60 run ceph --connect-timeout 10 "$@"; }

# cluster_answers: as who runs this.
cluster_answers() { ask fsid >/dev/null; }

# enable_and_start UNIT…: now and after each reboot. A unit that failed too often is forgiven first.
enable_and_start() {
  local unit
  for unit; do
    systemctl is-enabled -q "$unit" 2>/dev/null || run systemctl enable "$unit"
    if ! systemctl is-active -q "$unit"; then
      [[ -n $dry ]] || systemctl reset-failed "$unit" 2>/dev/null || true
      run systemctl start "$unit"
    fi
  done
}

# udevd_answers: not whether systemd thinks that it runs. Before systemd 241 there is no ping; there
# a message is sent whose sender is let go only by the daemon.
udevd_answers() {
  if udevadm control --help 2>/dev/null | grep -q -- --ping; then
    timeout -k 2 10 udevadm control --ping --timeout=5 >/dev/null 2>&1
  else
    timeout -k 2 10 udevadm control --reload --timeout=5 >/dev/null 2>&1
  fi
}
