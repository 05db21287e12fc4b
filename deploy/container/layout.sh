# shellcheck shell=bash
# An OCI image layout, written by tar, sha256sum and jq. Needs $layout, the layout's folder,
# $work and SOURCE_DATE_EPOCH.
# shellcheck disable=SC2154

media=application/vnd.oci.image

# pack DIR FILE: a tar archive of all that DIR holds, the same bytes for the same contents.
pack() {
  local -a names
  mapfile -t names < <(cd "$1" && LC_ALL=C printf '%s\n' *)
  LC_ALL=C tar -C "$1" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime="@$SOURCE_DATE_EPOCH" -cf "$2" -- "${names[@]}"
}

new_layout() {
  mkdir -p "$layout/blobs/sha256"
  printf '%s' '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
}

# add_blob MEDIA_TYPE FILE: copies the file into the layout and says its descriptor.
add_blob() {
  local sum
  sum=$(sha256sum <"$2" | cut -d' ' -f1)
  cp "$2" "$layout/blobs/sha256/$sum"
  jq -cnS --arg type "$1" --arg digest "sha256:$sum" --argjson size "$(stat -c %s "$2")" \
    '{mediaType: $type, digest: $digest, size: $size}'
}

# write_index NAME TAG: one name for the images of all platforms; containerd reads the first
# annotation, other programs the second. docker load wants manifest.json, and knows one platform
# only under a name.
write_index() {
  jq -csS --arg media "$media" '{schemaVersion: 2, mediaType: ($media + ".index.v1+json"), manifests: .}' \
    "$work/manifests" >"$work/index"
  add_blob "$media.index.v1+json" "$work/index" |
    jq -cS --arg name "$1:$2" --arg tag "$2" --arg media "$media" '{schemaVersion: 2, mediaType: ($media + ".index.v1+json"),
      manifests: [. + {annotations: {"io.containerd.image.name": $name, "org.opencontainers.image.ref.name": $tag}}]}' \
      >"$layout/index.json"
  jq -csS . "$work/docker" >"$layout/manifest.json"
}
