#!/usr/bin/env bash
# The driver as an archive with its own installer, for nodes without dpkg or whose admins want none.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/package/lib.sh
. "$here/lib.sh"

if (($# != 2)); then
  printf 'usage: archive.sh RID DIR\n\nMakes DIR/cephrbd-VERSION-RID.tar.gz from artifacts/RID.\n' >&2
  exit 2
fi
need_environment
rid=$1
out=$2
name=cephrbd-$CEPHRBD_VERSION-$rid

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tree=$work/$name
put 0755 "$root/artifacts/$rid/cephrbd" "$tree/cephrbd"
for script in install.sh uninstall.sh place.sh in-use.sh; do
  put 0755 "$root/deploy/node/$script" "$tree/$script"
done
fill "$here/cephrbd.8" >"$tree/cephrbd.8"
put 0644 "$here/cephrbd.completion" "$tree/cephrbd.completion"
put 0644 "$root/LICENSE" "$tree/LICENSE"
put 0644 "$root/CHANGELOG.md" "$tree/CHANGELOG.md"
put 0644 "$(dotnet_notices "$rid")" "$tree/third-party-notices-dotnet.txt"
put_documents "$tree"
put_scripts "$tree"
find "$tree" -type d -exec chmod 0755 {} +
settle "$tree"
tar --create --format=gnu --sort=name --owner=0 --group=0 --numeric-owner -C "$work" "$name" |
  gzip -n -9 >"$work/new.tar.gz"
mv "$work/new.tar.gz" "$out/$name.tar.gz"
step "$name.tar.gz, $(stat -c %s "$out/$name.tar.gz") bytes"
