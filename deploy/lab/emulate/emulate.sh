#!/usr/bin/env bash
# Lets this machine run the linux-arm64 driver as if it were its own: the kernel hands it
# to QEMU, which is an ARMv8.0 core (Cortex-A57). Only this one program, known by its
# header: what else of arm64 runs on this machine is not touched.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../../lib/common.sh"

usage() {
  cat <<'TEXT'
usage: emulate.sh make DIR
       emulate.sh on NAME DIR PROGRAM
       emulate.sh off NAME

make  puts into DIR what the emulation needs: DIR/root, the arm64 libraries, and
      DIR/interpreter. Names DIR for good: it may not be moved afterwards.
on    registers PROGRAM with the kernel under NAME; fails if it does not run then.
off   takes NAME back; fine if it is not there.

Of several registrations that a program fits the kernel takes the latest: one for all of
arm64 that somebody makes meanwhile comes before this one.
TEXT
}

registry=/proc/sys/fs/binfmt_misc
qemu=/usr/bin/qemu-aarch64-static

compile() {
  local compiler=$1
  shift
  "$compiler" -O2 -Wall -Wextra -Werror "$@" || die "$compiler failed: apt install gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
}

make_dir() {
  local dir
  mkdir -p "$1"
  dir=$(realpath -e -- "$1")
  [[ $dir =~ ^[A-Za-z0-9/._+-]+$ ]] || die "the folder may have only letters, digits and / . _ + - in its name: $dir"
  [[ -x $qemu ]] || die "$qemu is missing: apt install qemu-user-static"
  "$here/../arm64-root.sh" "$dir/root"
  compile gcc -static -DQEMU="\"$qemu\"" -DROOT="\"$dir/root\"" -DGAPS="\"$dir/gaps.so\"" \
    -o "$dir/interpreter" "$here/interpreter.c"
  compile gcc -static -o "$dir/add-key" "$here/add-key.c"
  compile aarch64-linux-gnu-gcc -shared -fPIC -DADD_KEY="\"$dir/add-key\"" -o "$dir/gaps.so" "$here/gaps.c"
}

# header PROGRAM: the 64 bytes of its ELF header as the kernel wants them. Entry point and
# the place of the section headers are in it, so that it stands for this very program.
header() {
  local bytes
  bytes=$(od -An -v -tx1 -N64 -- "$1" | tr -d ' \n')
  [[ $bytes =~ ^7f454c460201.{24}b700 && ${#bytes} == 128 ]] || die "$1 is no program for arm64"
  # shellcheck disable=SC2001 # each two digits
  sed 's/../\\x&/g' <<<"$bytes"
}

on() {
  local name=$1 dir=$2 program=$3 magic
  [[ $name =~ ^[A-Za-z0-9-]+$ ]] || die "a name has letters, digits and - only: $name"
  dir=$(realpath -e -- "$dir")
  [[ -x $dir/interpreter ]] || die "there is no $dir/interpreter: run emulate.sh make $dir first"
  magic=$(header "$program")
  [[ -d $registry ]] || modprobe binfmt_misc || warn 'the module binfmt_misc was not loaded'
  if [[ ! -e $registry/register ]]; then
    mount -t binfmt_misc none "$registry" || die 'the kernel has no binfmt_misc: modprobe binfmt_misc, or use a kernel with CONFIG_BINFMT_MISC'
  fi
  off "$name"
  # P: the program's own argv[0] is handed on. F: the interpreter is opened now.
  printf ':%s:M::%s::%s:PF' "$name" "$magic" "$dir/interpreter" >"$registry/register" ||
    die "the kernel does not take $dir/interpreter for $program"
  # As kubelet does it, but without any of the environment.
  if ! env -i "$program" init >/dev/null; then
    off "$name"
    die "$program does not run under emulation"
  fi
}

off() {
  if [[ -e $registry/$1 ]]; then
    printf -- '-1' >"$registry/$1"
  fi
}

case "${1:-} $#" in
  'make 2') make_dir "$2" ;;
  'on 4' | 'off 2')
    ((EUID == 0)) || die 'only root can register programs with the kernel'
    "$@"
    ;;
  '-h 1' | '--help 1') usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
