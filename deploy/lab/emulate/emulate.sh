#!/usr/bin/env bash
# Makes of the linux-arm64 driver a program that this machine can run, by QEMU as an ARMv8.0
# core (Cortex-A57). Nothing is registered with the kernel: what else of arm64 runs on this
# machine, and how, is not touched.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../../lib/common.sh"

usage() {
  cat <<'TEXT'
usage: emulate.sh DIR PROGRAM

Puts into DIR what it takes to run PROGRAM, a driver for linux-arm64: the libraries that it
loads (DIR/root), and DIR/cephrbd, which is called in its place, with the same arguments.
Neither DIR nor PROGRAM may be moved afterwards. Fails if PROGRAM does not run.
TEXT
}

qemu=/usr/bin/qemu-aarch64-static

compile() {
  local compiler=$1
  shift
  command -v "$compiler" >/dev/null || die "$compiler is missing: apt install gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
  "$compiler" -O2 -Wall -Wextra -Werror "$@" || die "$compiler failed"
}

# plain_path PATH: the whole path; it becomes a text in C.
plain_path() {
  local path
  path=$(realpath -e -- "$1") || die "there is no $1"
  [[ $path =~ ^[A-Za-z0-9/._+-]+$ ]] || die "only letters, digits and / . _ + - may be in the path $path"
  printf '%s\n' "$path"
}

make_dir() {
  local dir program head
  mkdir -p "$1"
  dir=$(plain_path "$1")
  program=$(plain_path "$2")
  head=$(od -An -v -tx1 -N20 -- "$program" | tr -d ' \n')
  [[ $head =~ ^7f454c460201.{24}b700$ ]] || die "$program is no program for arm64"
  [[ -x $qemu ]] || die "$qemu is missing: apt install qemu-user-static"
  "$here/../arm64-root.sh" "$dir/root"
  compile gcc -static -o "$dir/add-key" "$here/add-key.c"
  compile aarch64-linux-gnu-gcc -shared -fPIC -DADD_KEY="\"$dir/add-key\"" -DLAUNCHER="\"$dir/cephrbd\"" \
    -o "$dir/gaps.so" "$here/gaps.c"
  compile gcc -static -DQEMU="\"$qemu\"" -DROOT="\"$dir/root\"" -DGAPS="\"$dir/gaps.so\"" -DPROGRAM="\"$program\"" \
    -o "$dir/cephrbd" "$here/launcher.c"
  timeout 60 env -i "$dir/cephrbd" init >/dev/null || die "$program does not run under emulation"
}

case "${1:-}" in
  -h | --help)
    usage
    ;;
  '' | -*)
    usage >&2
    exit 2
    ;;
  *)
    (($# == 2)) || die 'a folder and a program are to be named'
    make_dir "$1" "$2"
    ;;
esac
