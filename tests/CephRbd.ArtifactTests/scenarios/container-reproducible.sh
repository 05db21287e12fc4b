#!/usr/bin/env bash
# Two builds of one commit are the same to the last bit, whatever their environment.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/image.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/image.sh"

unpack_archive
created=$(jq -er .created "$(config_of amd64)")
SOURCE_DATE_EPOCH=$(date -d "$created" +%s)
CEPHRBD_VERSION=$version
export SOURCE_DATE_EPOCH CEPHRBD_VERSION
build=("$ROOT/deploy/container/oci.sh" --debs "$ARTIFACTS/container" --output)
mkdir "$WORK/tmp"
"${build[@]}" "$WORK/first"
(
  umask 077
  TMPDIR=$WORK/tmp TZ=Asia/Shanghai LC_ALL=C.UTF-8 "${build[@]}" "$WORK/second"
)
for name in oci.tar daemonset.yaml; do
  cmp "$WORK/first/cephrbd-$version-$name" "$WORK/second/cephrbd-$version-$name" || fail "two builds of $name differ"
done
expect '' find "$WORK/tmp" -mindepth 1

# The revision in the labels may be another by now; the layers are the same.
mkdir "$WORK/again"
tar -xf "$WORK/first/cephrbd-$version-oci.tar" -C "$WORK/again"
expect "$(jq -c 'map(.Layers)' "$layout/manifest.json")" jq -c 'map(.Layers)' "$WORK/again/manifest.json"
