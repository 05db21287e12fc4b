# shellcheck shell=bash
# What the scripts of this folder share: messages in two languages, a log, checks that are told
# together, commands under a deadline, files that appear whole. Source it; it runs nothing.
# It goes by bash 4.3 and what Kylin 4.0.2 has.
# The script sets: name, dry, skipped, checks; and defines take_back if a failure has to be undone.
# shellcheck disable=SC2154

umask 022
language=${LC_ALL:-${LC_MESSAGES:-${LANG:-C}}}
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
log_file='' log_fd_open='' child='' work=''

# t ENGLISH CHINESE: the one for the reader's language; without the second, the first.
t() {
  if [[ $language == zh* && -n ${2:-} ]]; then
    printf '%s' "$2"
  else
    printf '%s' "$1"
  fi
}

# log TEXT: into the log alone.
log() {
  [[ -z $log_fd_open ]] || printf '%(%Y-%m-%dT%H:%M:%S%z)T [%s] %s\n' -1 $$ "$*" >>"$log_file"
}

say() {
  local text
  text=$(t "$@")
  printf '%s\n' "$text"
  log "$text"
}

warn() {
  local text
  text=$(t "$@")
  printf '%s: %s\n' "$name" "$text" >&2
  log "$text"
}

die() {
  warn "$@"
  exit 1
}

misused() {
  printf '%s: %s (%s --help)\n' "$name" "$(t "$@")" "$name" >&2
  exit 2
}

# need_value OPTION COUNT VALUE
need_value() {
  [[ $2 -ge 2 && -n $3 ]] || misused "$1 needs a value" "$1 后面缺少值"
}

# open_log FOLDER ARGUMENT…: a dry run and a run that may not write there have none.
open_log() {
  [[ -z $dry ]] || return 0
  mkdir -p "$1" 2>/dev/null || return 0
  [[ -w $1 ]] || return 0
  log_file=$1/${name%.sh}.log
  if [[ -f $log_file && $(stat -c %s "$log_file") -gt 1048576 ]]; then
    mv -f "$log_file" "$log_file.1"
  fi
  (umask 077 && : >>"$log_file")
  chmod 0600 "$log_file"
  log_fd_open=1
  log "--- $(quoted "$name" "${@:2}")"
}

# begin: signals end the script in order; what is under way ends with it.
begin() {
  trap finish EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d)
}

finish() {
  local status=$?
  trap - EXIT
  # A second signal must not cut the undoing short. Not ignored: children would inherit that.
  trap : HUP INT TERM
  [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true
  # In here a "return" without a number would return the status from before the trap.
  if ((status != 0)) && declare -F take_back >/dev/null; then
    take_back || warn 'not all could be taken back: see the lines above' '未能全部恢复，请查看上面的信息'
  fi
  [[ -z $work ]] || rm -rf "$work"
  log "ended with $status"
  exit "$status"
}

# quoted COMMAND…: as one would type it.
quoted() {
  local text
  text=$(printf '%q ' "$@")
  printf '%s' "${text% }"
}

# would COMMAND…: in a dry run shows the command and is true.
would() {
  [[ -n $dry ]] || return 1
  printf '%s %s\n' "$(t 'would run:' '将执行：')" "$(quoted "$@")"
}

# run [-t SECONDS] COMMAND…: under a deadline. Its words go to the log, and to stderr if it fails.
# Nothing inherits the lock, descriptor 9. In the background, so that a signal to the script is heeded at once.
run() {
  local seconds=60 status=0
  if [[ $1 == -t ]]; then
    seconds=$2
    shift 2
  fi
  ! would "$@" || return 0
  log "+ $(quoted "$@")"
  timeout -k 10 "$seconds" "$@" >"$work/said" 2>&1 </dev/null 9>&- &
  child=$!
  wait "$child" || status=$?
  while ((status > 128)) && kill -0 "$child" 2>/dev/null; do
    status=0
    wait "$child" || status=$?
  done
  child=''
  [[ -z $log_fd_open ]] || cat "$work/said" >>"$log_file"
  ((status != 0)) || return 0
  tail -n 15 "$work/said" >&2
  if ((status == 124 || status == 137)); then
    warn "'$(quoted "$@")' did not end within $seconds s and was stopped" "「$(quoted "$@")」在 $seconds 秒内没有结束，已被终止"
  else
    warn "'$(quoted "$@")' ended with status $status: its words are above" "「$(quoted "$@")」失败，退出码 $status，输出见上"
  fi
  return "$status"
}

# preflight: runs check_NAME of each name in checks. A check prints what is wrong and what to do.
preflight() {
  local check text problems=0
  for check in "${checks[@]}"; do
    text=$("check_${check//-/_}") || text="$text ($(t 'the check itself failed' '检查本身失败'))"
    [[ -n $text ]] || continue
    text=${text//$'\n'/; }
    if [[ " $skipped " == *" $check "* ]]; then
      warn "$check, waived: $text" "$check（已忽略）：$text"
    else
      warn "$check: $text" "$check：$text"
      problems=$((problems + 1))
    fi
  done
  ((problems == 0)) || die "checks that failed: $problems. Nothing was changed. Put them right, or waive one by --skip NAME" \
    "有 $problems 项检查未通过，未做任何改动。请逐项处理，或用 --skip 名称 忽略某一项"
}

# skip_check NAME [MORE…]: remembers it, if it is one of checks or of MORE.
skip_check() {
  local known=" ${checks[*]} ${*:2} "
  [[ $known == *" $1 "* ]] || misused "there is no check $1; there are:$known" "没有名为 $1 的检查，可用的有：$known"
  skipped+=" $1"
}

check_root() {
  ((EUID == 0)) || t 'only root can do this: use sudo' '需要 root 权限，请使用 sudo'
}

# missing COMMAND…: those that are not on the PATH.
missing() {
  local command absent=''
  for command; do
    command -v "$command" >/dev/null || absent+=" $command"
  done
  printf '%s' "${absent# }"
}

# older A B: whether version A is older than B.
older() {
  [[ $1 != "$2" && $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]
}

# same FROM TO: whether TO is a file with FROM's contents.
same() { [[ ! -L $2 && -f $2 ]] && cmp -s "$1" "$2"; }

# put_file MODE FROM TO: whole and on the disk, or not at all; nothing if it is there already.
put_file() {
  local stage=${3%/*}/.${3##*/}.cephrbd-new
  if same "$2" "$3" && [[ $(stat -c %a "$3") == "${1#0}" ]]; then
    return 0
  fi
  if [[ -n $dry ]]; then
    say "would put $3" "将写入 $3"
    return 0
  fi
  # Step by step: it is also called where set -e does not hold.
  if mkdir -p "${3%/*}" && rm -f "$stage" && (umask 077 && : >"$stage") &&
    dd if="$2" of="$stage" bs=1M conv=fsync 2>"$work/said" &&
    chmod "$1" "$stage" && mv -f "$stage" "$3" && sync_folder "${3%/*}"; then
    say "put $3" "已写入 $3"
    return 0
  fi
  rm -f "$stage"
  warn "cannot write $3: is there room, and can ${3%/*} be written?" "无法写入 $3：空间是否足够，${3%/*} 是否可写？"
  return 1
}

# sync_folder FOLDER: a rename in it reaches the disk. Not all that there is to write: that may be a
# volume whose cluster does not answer.
sync_folder() {
  sync "$1"
}

# remove_file FILE
remove_file() {
  [[ -e $1 || -L $1 ]] || return 0
  if [[ -n $dry ]]; then
    say "would remove $1" "将删除 $1"
    return 0
  fi
  rm -f "$1" && sync_folder "${1%/*}" || return 1
  say "removed $1" "已删除 $1"
}

# wait_for SECONDS COMMAND…: until it succeeds; 1 when the time is over. The command is short.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}
