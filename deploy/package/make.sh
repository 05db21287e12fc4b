#!/usr/bin/env bash
# artifacts/packages: the Debian packages, the archives and the list of what is in them, for
# each architecture that this machine builds.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/lib/publish.sh
. "$here/../lib/publish.sh"
# shellcheck source=deploy/package/lib.sh
. "$here/lib.sh"

case ${1:-} in
  '') out=$root/artifacts/packages ;;
  --out)
    need_value "$1" "$#"
    out=$2
    ;;
  *)
    cat <<'TEXT'
usage: make.sh [--out DIR]

Makes the Debian packages, the archives and the bill of materials from artifacts/RID, in
artifacts/packages or DIR. Needs SOURCE_DATE_EPOCH and CEPHRBD_VERSION: ./build.sh package
sets them.
TEXT
    [[ $1 == -h || $1 == --help ]] || exit 2
    exit
    ;;
esac
need_environment
mkdir -p "$out"
for rid in $(known_rids); do
  "$here/deb.sh" "$rid" "$out"
  "$here/archive.sh" "$rid" "$out"
done
"$here/sbom.sh" "$out"
