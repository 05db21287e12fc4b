# shellcheck shell=bash
# Reads the container image that was built. Source it after watch.sh; it needs ARTIFACTS and WORK.
# shellcheck disable=SC2034,SC2154

# The one file artifacts/packages/cephrbd-VERSION-SUFFIX.
package_file() {
  local -a found
  mapfile -t found < <(find "$ARTIFACTS/packages" -maxdepth 1 -name "cephrbd-*-$1")
  ((${#found[@]} == 1)) || fail "there are ${#found[@]} files artifacts/packages/cephrbd-VERSION-$1: run ./build.sh package"
  printf '%s\n' "${found[0]}"
}

# Unpacks the archive into $WORK/layout.
unpack_archive() {
  archive=$(package_file oci.tar)
  version=${archive##*/cephrbd-}
  version=${version%-oci.tar}
  layout=$WORK/layout
  mkdir -p "$layout"
  tar -xf "$archive" -C "$layout"
}

# blob DIGEST: its file.
blob() {
  local path=$layout/blobs/${1/://}
  [[ -f $path ]] || fail "there is no blob $1"
  printf '%s\n' "$path"
}

# manifest_of ARCH: the file of this platform's manifest.
manifest_of() {
  local index digest
  index=$(blob "$(jq -er '.manifests[0].digest' "$layout/index.json")")
  digest=$(jq -er --arg arch "$1" '.manifests[] | select(.platform.architecture == $arch) | .digest' "$index") ||
    fail "the index names no image for $1"
  blob "$digest"
}

config_of() {
  blob "$(jq -er .config.digest "$(manifest_of "$1")")"
}

# unpack_image ARCH DIR: its one layer.
unpack_image() {
  local manifest
  manifest=$(manifest_of "$1")
  [[ $(jq '.layers | length' "$manifest") == 1 ]] || fail "the image for $1 has not just one layer"
  mkdir -p "$2"
  tar -xzf "$(blob "$(jq -r '.layers[0].digest' "$manifest")")" -C "$2"
}
