#!/usr/bin/env bash
# The archive is a valid OCI image layout for two platforms, and holds what it has to.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"
# shellcheck source=tests/CephRbd.ArtifactTests/container/image.sh
. "$ROOT/tests/CephRbd.ArtifactTests/container/image.sh"

unpack_archive

# check_descriptor JSON WHAT: the blob has the size and the digest that its descriptor tells.
check_descriptor() {
  local digest size path
  digest=$(jq -er .digest <<<"$1")
  size=$(jq -er .size <<<"$1")
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "$2 has the digest $digest"
  path=$(blob "$digest")
  expect "$size" stat -c %s "$path"
  expect "${digest#sha256:}  $path" sha256sum "$path"
  checked+=("$path")
}

# need_type JSON TYPE
need_type() {
  expect "application/vnd.oci.image.$2" jq -er .mediaType <<<"$1"
}

checked=()
expect '{"imageLayoutVersion":"1.0.0"}' cat "$layout/oci-layout"
expect "localhost/cephrbd:$version $version" jq -r '.manifests[0].annotations
  | ."io.containerd.image.name" + " " + ."org.opencontainers.image.ref.name"' "$layout/index.json"
expect 1 jq '.manifests | length' "$layout/index.json"
top=$(jq -c '.manifests[0]' "$layout/index.json")
need_type "$top" index.v1+json
check_descriptor "$top" 'the index'
index=$(blob "$(jq -r .digest <<<"$top")")
expect '[{"architecture":"amd64","os":"linux"},{"architecture":"arm64","os":"linux","variant":"v8"}]' \
  jq -cS '[.manifests[].platform]' "$index"

for platform in amd64:linux-x64:X86-64 arm64:linux-arm64:AArch64; do
  IFS=: read -r arch rid machine <<<"$platform"
  manifest=$(manifest_of "$arch")
  descriptor=$(jq -c --arg arch "$arch" '.manifests[] | select(.platform.architecture == $arch)' "$index")
  need_type "$descriptor" manifest.v1+json
  check_descriptor "$descriptor" "the manifest for $arch"
  expect '2 application/vnd.oci.image.manifest.v1+json' jq -r '"\(.schemaVersion) \(.mediaType)"' "$manifest"
  need_type "$(jq -c .config "$manifest")" config.v1+json
  check_descriptor "$(jq -c .config "$manifest")" "the configuration for $arch"
  need_type "$(jq -c '.layers[0]' "$manifest")" layer.v1.tar+gzip
  check_descriptor "$(jq -c '.layers[0]' "$manifest")" "the layer for $arch"
  config=$(config_of "$arch")
  gzip -dc "$(blob "$(jq -r '.layers[0].digest' "$manifest")")" >"$WORK/layer.tar"
  expect "sha256:$(sha256sum <"$WORK/layer.tar" | cut -d' ' -f1)" jq -r '.rootfs.diff_ids[0]' "$config"

  expect "$arch linux 0 /entrypoint.sh" jq -r \
    '[.architecture, .os, .config.User] + .config.Entrypoint | join(" ")' "$config"
  expect '["PATH=/bin","CEPHRBD_VERSION='"$version"'"]' jq -c .config.Env "$config"
  expect "cephrbd $version Apache-2.0 AND MIT AND GPL-2.0-only" jq -r '.config.Labels
    | [.["org.opencontainers.image." + ("title", "version", "licenses")]] | join(" ")' "$config"
  revision=$(jq -r '.config.Labels["org.opencontainers.image.revision"]' "$config")
  [[ $revision =~ ^[0-9a-f]{40}$ || $revision == unknown ]] || fail "the revision of $arch is $revision"

  # Names, modes and owners as the archive has them, before anything is unpacked.
  tar --numeric-owner -tvf "$WORK/layer.tar" >"$WORK/names"
  ! grep -vE '^([dl-])([r-][w-][x-]){3} 0/0 ' "$WORK/names" || fail "$arch: owner, kind or mode, see above"
  ! grep -E '^[d-].{4}w|^[d-].{7}w' "$WORK/names" || fail "$arch: others may write, see above"
  tar -tf "$WORK/layer.tar" >"$WORK/names"
  ! grep -E '^/|(^|/)\.\.?(/|$)' "$WORK/names" || fail "$arch: names that lead elsewhere, see above"
  expect '' uniq -d <(sort "$WORK/names")

  unpack_image "$arch" "$WORK/$arch"
  cmp "$ARTIFACTS/$rid/cephrbd" "$WORK/$arch/usr/lib/cephrbd/cephrbd" || fail "$arch: not the published driver"
  cmp "$ROOT/deploy/node/place.sh" "$WORK/$arch/usr/lib/cephrbd/place.sh"
  cmp "$ROOT/deploy/container/entrypoint.sh" "$WORK/$arch/entrypoint.sh"
  cmp "$ROOT/LICENSE" "$WORK/$arch/usr/share/doc/cephrbd/LICENSE"
  grep -q 'GNU GENERAL PUBLIC LICENSE' "$WORK/$arch/usr/share/doc/busybox-static/GPL-2"
  grep -q GPL "$WORK/$arch/usr/share/doc/busybox-static/copyright"
  grep -qE '^apt-get source busybox=[0-9]' "$WORK/$arch/usr/share/doc/busybox-static/source"
  for program in bin/busybox bin/flock; do
    readelf -h "$WORK/$arch/$program" | grep -q "Machine:.*$machine" || fail "$program is not for $arch"
    ! readelf -l "$WORK/$arch/$program" | grep INTERP || fail "$program wants a loader"
  done
  expect "$arch" skopeo inspect --override-arch "$arch" --format '{{.Architecture}}' "oci-archive:$archive:$version"
  expect "$arch" skopeo inspect --format '{{.Architecture}}' "docker-archive:$archive:localhost/cephrbd:$version-$arch"
done

# Nothing lies in the layout that no descriptor leads to.
find "$layout/blobs" -type f | sort >"$WORK/names"
printf '%s\n' "${checked[@]}" | sort | diff - "$WORK/names" || fail 'blobs that no descriptor leads to, see above'
