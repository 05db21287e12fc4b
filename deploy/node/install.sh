#!/usr/bin/env bash
# Puts the driver on this node. It stands alone, and goes by bash 4.3 and what Kylin 4.0.2 has.
set -euo pipefail
umask 022
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/place.sh
keep=/var/lib/cephrbd/previous
config_file=/etc/cephrbd/config.json
checks=(root package arch kernel glibc libraries mkfs plugin-dir space config)

help() {
  cat <<'TEXT'
usage: install.sh [--dry-run] [--plugin-dir DIR]... [--config FILE] [--skip NAME]... [--binary FILE]
       install.sh --rollback [--dry-run] [--plugin-dir DIR]...

Puts the driver into kubelet's plugin folder, also while pods run, and makes sure that it
answers; if it doesn't, all is put back as it was. Run again, it changes nothing.

  --plugin-dir DIR  kubelet's --volume-plugin-dir; may be given more than once. Without it:
                    those that PLUGIN_DIRS in /etc/default/cephrbd names, else the running
                    kubelet's, else those of the known ones that are there, else
                    /usr/libexec/kubernetes/kubelet-plugins/volume/exec
  --config FILE     puts FILE as /etc/cephrbd/config.json, if there is none yet
  --binary FILE     the driver (default: the one beside this script)
  --skip NAME       does without one of the checks that come first: root, package, arch,
                    kernel, glibc, libraries, mkfs, plugin-dir, space, config
  --dry-run         tells what would be done, and changes nothing
  --rollback        puts the previous driver back; a second time, the one of now again

Also put, for people: /usr/local/sbin/cephrbd (a link to the driver), its manual page and
its completion for bash. The driver that was there before is kept below
/var/lib/cephrbd/previous. Exit status: 0, or 1 after a failure, 2 after wrong arguments.
TEXT
}

say() { printf '%s\n' "$*"; }
warn() { printf 'install.sh: %s\n' "$*" >&2; }
die() {
  warn "$*"
  exit 1
}
misused() {
  warn "$* (see install.sh --help)"
  exit 2
}

# From the unpacked archive, from its folder node, or from the project's folder.
find_files() {
  local arch=x64 home=$here
  [[ $(uname -m) != aarch64 ]] || arch=arm64
  [[ -f $home/cephrbd ]] || home=$here/..
  if [[ -f $home/cephrbd && -f $home/cephrbd.8 ]]; then
    found_binary=$home/cephrbd manual=$home/cephrbd.8 completion=$home/cephrbd.completion
  else
    found_binary=$here/../../artifacts/linux-$arch/cephrbd
    manual=$here/../package/cephrbd.8 completion=$here/../package/cephrbd.completion
  fi
  [[ -n $binary ]] || binary=$found_binary
  [[ -f $binary ]] || die "there is no driver $binary: name it with --binary"
  [[ -f $place ]] || die "there is no $place: unpack the whole archive"
}

# Each check prints what is wrong and what to do about it, or nothing.

check_root() {
  ((EUID == 0)) || say 'only root can install: use sudo'
}

check_package() {
  local status
  command -v dpkg-query >/dev/null || return 0
  status=$(dpkg-query -W -f '${db:Status-Abbrev}' cephrbd 2>/dev/null) || return 0
  [[ $status != i* ]] || say 'the Debian package cephrbd is installed: upgrade or remove that, with apt or dpkg'
}

check_arch() {
  local machine wanted
  case $(uname -m) in
    x86_64) wanted=3e00 ;;
    aarch64) wanted=b700 ;;
    *)
      say "there is no driver for $(uname -m)"
      return
      ;;
  esac
  # The header's magic number, and its e_machine.
  machine=$(od -An -tx1 -N4 "$binary" | tr -d ' ')$(od -An -tx1 -j18 -N2 "$binary" | tr -d ' ')
  [[ $machine == "7f454c46$wanted" ]] || say "$binary is no program for $(uname -m): take the archive for this machine"
}

# older A B: whether version A is older than B.
older() {
  [[ $1 != "$2" && $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]
}

check_kernel() {
  local release
  release=$(uname -r)
  ! older "${release%%-*}" 4.4 || say "Linux $release is older than 4.4"
}

check_glibc() {
  local has needs
  has=$(getconf GNU_LIBC_VERSION 2>/dev/null) || has=
  has=${has#glibc }
  needs=$(grep -aoE 'GLIBC_2\.[0-9]+' "$binary" | sort -uV | tail -n 1)
  needs=${needs#GLIBC_}
  if [[ -z $has ]]; then
    say "this system has no glibc, the driver needs $needs or newer"
  elif older "$has" "$needs"; then
    say "glibc is $has, the driver needs $needs or newer"
  fi
}

check_libraries() {
  local tag=x86-64 pair known missing=''
  [[ $(uname -m) != aarch64 ]] || tag=AArch64
  known=$(ldconfig -p) || known=
  for pair in librados.so.2=librados2 librbd.so.1=librbd1 libblkid.so.1=libblkid1; do
    grep -q "^[[:space:]]*${pair%=*} (.*$tag" <<<"$known" || missing+=" ${pair#*=}"
  done
  [[ -z $missing ]] || say "libraries are missing: apt install$missing"
}

check_mkfs() {
  local tool missing=''
  for tool in mkfs.ext4 e2fsck resize2fs; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  [[ -z $missing ]] || say "not there:$missing. apt install e2fsprogs (and xfsprogs, btrfs-progs for theirs)"
}

# existing PATH: the path itself, or the nearest folder above that is there.
existing() {
  local path=$1
  while [[ ! -e $path ]]; do
    path=$(dirname "$path")
  done
  printf '%s\n' "$path"
}

check_plugin_dir() {
  local dir above
  for dir in "${dirs[@]}"; do
    above=$(existing "$dir")
    if [[ ! -d $above ]]; then
      say "$above is no folder"
    elif [[ ! -w $above ]]; then
      say "$above cannot be written: a read-only file system? Have kubelet use another folder (--volume-plugin-dir)"
    elif [[ ,$(findmnt -n -o OPTIONS -T "$above"), == *,noexec,* ]]; then
      say "$above is mounted noexec: no program runs from there. Have kubelet use another folder (--volume-plugin-dir)"
    fi
  done
}

check_space() {
  local path free needed
  # The new driver beside the old one, and some for the file system itself.
  needed=$(($(stat -c %s "$binary") / 1024 + 1024))
  for path in "${dirs[@]}" "$keep"; do
    free=$(df -Pk "$(existing "$path")" | awk 'NR == 2 { print $4 }')
    ((free >= needed)) || say "$path: $free KiB are free, $needed are needed"
  done
}

check_config() {
  local reply
  [[ -n $config ]] || return 0
  if [[ ! -f $config ]]; then
    say "there is no file $config"
    return
  fi
  reply=$(timeout 20 "$binary" --config "$config" init 2>/dev/null) || return 0
  [[ $reply != *'"message"'* ]] || say "the driver does not take $config: $reply"
}

preflight() {
  local check text waived problems=0
  for check in "${checks[@]}"; do
    text=$("check_${check//-/_}") || text="$text (the check itself failed)"
    [[ -n $text ]] || continue
    waived=no
    [[ " $skipped " != *" $check "* ]] || waived=yes
    if [[ $waived == yes ]]; then
      warn "$check, waived: ${text//$'\n'/; }"
    else
      warn "$check: ${text//$'\n'/; }"
      problems=$((problems + 1))
    fi
  done
  ((problems == 0)) || die "checks that failed: $problems. Nothing was changed. Put them right, or waive one by --skip NAME"
}

# answers DIR: whether the driver there answers; its answer, or what it said instead, in $answer.
answers() {
  answer=$(timeout 20 "$1/hyper~cephrbd/cephrbd" init 2>&1) && [[ $answer == *'"status":"Success"'* ]]
}

# Newest first, one line each: how to take back what this run has done.
undo=()
take_back() {
  local status=$? i
  trap - EXIT
  if ((status != 0 && ${#undo[@]} > 0)); then
    warn 'taking back what was done'
    for ((i = ${#undo[@]} - 1; i >= 0; i--)); do
      bash -c "${undo[i]}" >&2 || warn "this failed, do it by hand: ${undo[i]}"
    done
  fi
  exit "$status"
}

# will TEXT…: what would be done, in a dry run; else 1.
will() {
  [[ -n $dry ]] || return 1
  say "would $*"
}

# same FROM TO: whether TO is there with FROM's contents.
same() { [[ ! -L $2 && -f $2 ]] && cmp -s "$1" "$2"; }

# place_new DIR
place_new() {
  local said target="$1/hyper~cephrbd/cephrbd"
  if [[ -n $dry ]]; then
    if same "$binary" "$target"; then
      say "unchanged $target"
    elif [[ -e $target ]]; then
      say "would replace $target, and keep it as $keep$target"
    else
      say "would install $target"
    fi
    return
  fi
  said=$("$place" put "$binary" "$1" --keep "$keep")
  say "$said"
  case $said in
    replaced*) undo+=("$(printf '%q ' "$place" back "$1" --keep "$keep")") ;;
    installed*) undo+=("$(printf '%q ' "$place" take "$1")") ;;
  esac
  [[ $said == unchanged* ]] || changed=1
  answers "$1" || die "the driver does not answer as it should: $answer"
  [[ $answer != *'"message"'* ]] || warn "the driver works, but says: $answer"
}

place_back() {
  if will "put $keep$1/cephrbd back as $1/hyper~cephrbd/cephrbd"; then
    return
  fi
  "$place" back "$1" --keep "$keep"
  undo+=("$(printf '%q ' "$place" back "$1" --keep "$keep")")
  changed=1
  answers "$1" || die "the driver that was put back does not answer as it should: $answer"
}

# put_file MODE FROM TO: whole, or not at all.
put_file() {
  if same "$2" "$3" || will "put $3"; then
    return
  fi
  mkdir -p "${3%/*}"
  install -m "$1" "$2" "$3.new-$$"
  mv -f "$3.new-$$" "$3"
  changed=1
  say "put $3"
}

put_config() {
  [[ -n $config ]] || return 0
  if [[ -e $config_file ]]; then
    say "kept $config_file, which was there"
    return
  fi
  [[ -n $dry ]] || undo+=("rm -f $config_file")
  put_file 0644 "$config" "$config_file"
}

put_extras() {
  local link=/usr/local/sbin/cephrbd target="${dirs[0]}/hyper~cephrbd/cephrbd"
  if [[ $(readlink "$link") != "$target" ]] && ! will "link $link to $target"; then
    mkdir -p "${link%/*}"
    ln -sfn "$target" "$link"
    changed=1
    say "linked $link to $target"
  fi
  put_file 0644 "$manual" /usr/local/share/man/man8/cephrbd.8
  put_file 0644 "$completion" /usr/local/share/bash-completion/completions/cephrbd
}

dirs=()
skipped='' dry='' config='' binary='' rollback='' changed=0
while (($# > 0)); do
  case $1 in
    --plugin-dir | --config | --skip | --binary)
      [[ -n ${2:-} ]] || misused "$1 needs a value"
      case $1 in
        --plugin-dir) dirs+=("${2%/}") ;;
        --config) config=$2 ;;
        --binary) binary=$2 ;;
        --skip)
          [[ " ${checks[*]} " == *" $2 "* ]] || misused "there is no check $2; there are: ${checks[*]}"
          skipped+=" $2"
          ;;
      esac
      shift
      ;;
    --dry-run) dry=1 ;;
    --rollback) rollback=1 ;;
    -h | --help)
      help
      exit 0
      ;;
    *) misused "$1 is unknown" ;;
  esac
  shift
done
find_files
if ((${#dirs[@]} == 0)); then
  found=$("$place" find)
  mapfile -t dirs <<<"$found"
fi
for dir in "${dirs[@]}"; do
  [[ $dir == /* ]] || misused "--plugin-dir $dir is no absolute path"
done

trap take_back EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
if [[ -n $rollback ]]; then
  checks=(root package)
  preflight
  for dir in "${dirs[@]}"; do
    place_back "$dir"
  done
else
  preflight
  put_config
  for dir in "${dirs[@]}"; do
    place_new "$dir"
  done
  put_extras
fi
undo=()
if [[ -n $dry ]]; then
  say 'a dry run: nothing was changed'
elif ((changed == 0)); then
  say 'no change: all was there'
else
  say 'done: the driver answers'
fi
