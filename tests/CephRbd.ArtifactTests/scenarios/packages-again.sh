#!/usr/bin/env bash
# Packages, archives and bill of materials made a second time, elsewhere, by another user's
# settings, are the same to the last bit.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"

packages=$ARTIFACTS/packages
bill=$(echo "$packages/cephrbd-"*.spdx.json)
CEPHRBD_VERSION=$(jq -r '.packages[0].versionInfo' "$bill")
SOURCE_DATE_EPOCH=$(date -d "$(jq -r .creationInfo.created "$bill")" +%s)
export CEPHRBD_VERSION SOURCE_DATE_EPOCH
mkdir "$WORK/tmp" "$WORK/again"
(
  umask 077
  export TMPDIR=$WORK/tmp TZ=Asia/Shanghai LC_ALL=C.UTF-8
  "$ROOT/deploy/package/make.sh" --out "$WORK/again" >"$WORK/said" 2>&1
) || fail "make.sh: $(<"$WORK/said")"
[[ -z $(ls -A "$WORK/tmp") ]] || fail "make.sh left $(ls -A "$WORK/tmp")"
names=$(ls "$WORK/again")
(($(wc -l <<<"$names") >= 7)) || fail "only these were made: $names"
for name in $names; do
  cmp "$packages/$name" "$WORK/again/$name" || fail "$name is another one the second time"
done
printf 'the same: %s\n' "$names"
