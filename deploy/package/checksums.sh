#!/usr/bin/env bash
# SHA256SUMS over all that lies in artifacts/packages, or in the folder that is named.
set -euo pipefail
umask 022

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"

case ${1:-} in
  -*)
    printf 'usage: checksums.sh [DIR]\n\nMakes DIR/SHA256SUMS; DIR is artifacts/packages, if none is named.\n' >&2
    [[ $1 == -h || $1 == --help ]] || exit 2
    exit
    ;;
esac
cd "${1:-$root/artifacts/packages}"
mapfile -t files < <(find . -maxdepth 1 -type f ! -name SHA256SUMS ! -name '.*' -printf '%P\n' | LC_ALL=C sort)
((${#files[@]} > 0)) || die "nothing lies in $PWD"
trap 'rm -f .SHA256SUMS.new' EXIT
sha256sum "${files[@]}" >.SHA256SUMS.new
mv .SHA256SUMS.new SHA256SUMS
step "SHA256SUMS, ${#files[@]} files"
