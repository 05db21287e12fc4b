#!/usr/bin/env bash
# Runs a command while this machine starts arm64 programs as if they were its own, also in
# another root. QEMU is made known to the kernel under a name of our own and taken away
# again afterwards; the mounts that the command makes end with it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"

usage() {
  cat <<'TEXT'
usage: emulate.sh COMMAND [ARGUMENT…]

Ends with the command's status. On an arm64 machine it just runs the command. Elsewhere it
needs root, qemu-user-static, and a kernel with binfmt_misc.
TEXT
}

binfmt=/proc/sys/fs/binfmt_misc
qemu=/usr/bin/qemu-aarch64-static
name=cephrbd-arm64-$$
# The first 20 bytes of a 64-bit little-endian ELF program or library for AArch64.
magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

# What killed runs left: their process id is in the name.
forget_the_dead() {
  local path
  for path in "$binfmt"/cephrbd-arm64-*; do
    [[ -e $path && ! -e /proc/${path##*-} ]] || continue
    printf -- -1 >"$path" || warn "$path could not be removed"
  done
}

child=
finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  if [[ -n $child ]]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  if [[ -e $binfmt/$name ]]; then
    printf -- -1 >"$binfmt/$name" || warn "$binfmt/$name could not be removed"
  fi
  exit "$status"
}

run() {
  local status=0
  if [[ ! -e $binfmt/register ]]; then
    modprobe -q binfmt_misc 2>/dev/null || true
    mount -t binfmt_misc binfmt_misc "$binfmt" ||
      die 'this kernel has no binfmt_misc, so it cannot run arm64 programs: use an arm64 machine, or another kernel'
  fi
  forget_the_dead
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  # F: the kernel opens QEMU now, so that it is found in any root.
  printf '%s' ":$name:M::$magic:$mask:$qemu:OCF" >"$binfmt/register" ||
    die "the kernel did not take $qemu for arm64 programs"
  arch-test arm64 >/dev/null || die "arm64 programs do not run, although $qemu is known to the kernel"
  "$@" &
  child=$!
  wait "$child" || status=$?
  child=
  exit "$status"
}

case ${1:-} in
  '')
    usage >&2
    exit 2
    ;;
  -h | --help)
    usage
    exit
    ;;
esac
[[ $(uname -m) != aarch64 ]] || exec "$@"
if [[ $1 == --in-own-mounts ]]; then
  shift
  run "$@"
fi
((EUID == 0)) || die 'only root can let the kernel run arm64 programs'
[[ -x $qemu ]] || die "there is no $qemu: apt install qemu-user-static"
command -v arch-test >/dev/null || die 'arch-test is missing: apt install arch-test'
exec unshare --mount --propagation slave -- "$0" --in-own-mounts "$@"
