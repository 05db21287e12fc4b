#!/bin/bash
# Runs a program where /usr/bin has no rbd: in a mount namespace of its own, which ends
# with it. without-rbd.sh EMPTY-DIR PROGRAM ARGUMENT…
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
  exec unshare --mount -- "$0" --inside "$@"
fi
dir=$2
shift 2
mount -t tmpfs -o size=64k without-rbd "$dir"
mkdir "$dir/upper" "$dir/work"
mount -t overlay -o "lowerdir=/usr/bin,upperdir=$dir/upper,workdir=$dir/work" without-rbd /usr/bin
rm /usr/bin/rbd
exec "$@"
