#!/usr/bin/env bash
# The container image, for linux/amd64 and linux/arm64/v8, as an OCI image layout in one tar
# archive. No container engine is needed; two runs of one commit give the same bytes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$root/deploy/lib/common.sh"
# shellcheck source=deploy/lib/package.sh
. "$root/deploy/lib/package.sh"
# shellcheck source=deploy/container/layout.sh
. "$here/layout.sh"

# The name that the DaemonSet uses. localhost is no registry: nothing is pulled by it.
image=localhost/cephrbd
# Those that entrypoint.sh and place.sh call, and some to look around in the container.
applets=(
  '[' awk cat chmod chown cmp cp date dd df env false find grep head id kill ls mkdir mount
  mv printf ps pwd readlink rm rmdir sed sh sha256sum sleep sort stat sync tail test timeout touch
  tr true umount wc
)

help() {
  cat <<'TEXT'
usage: deploy/container/oci.sh [--output FILE] [--debs DIR]

Builds the container image from artifacts/RID/cephrbd of both RIDs, and the DaemonSet for it
beside it.

  --output DIR   where cephrbd-VERSION-oci.tar and cephrbd-VERSION-daemonset.yaml go; default:
                 artifacts/packages
  --debs DIR     takes busybox-static_VERSION_ARCH.deb of both architectures from DIR; default:
                 they are fetched into artifacts/container, from the package archives that
                 this machine uses

SOURCE_DATE_EPOCH and CEPHRBD_VERSION: the time and the version that the image tells; default:
those of the last commit and of Directory.Build.props.
TEXT
}

# with_arches COMMAND…: apt with both architectures, and with lists and caches of its own: the
# machine's own settings and packages are not touched, its sources and keys are used.
with_arches() {
  local arches=(-o 'APT::Architectures::=amd64' -o 'APT::Architectures::=arm64')
  # apt fetches as a user of its own if root calls it.
  ((EUID != 0)) || chown _apt "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/debs"
  timeout 300 "$1" "${arches[@]}" -o "Dir::State=$work/apt" -o "Dir::State::status=$work/apt/status" \
    -o "Dir::Cache=$work/apt" -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
    -o Acquire::AllowInsecureRepositories=false -o APT::Get::AllowUnauthenticated=false "${@:2}" >&2
}

# Fetches busybox-static of both architectures into $debs. apt checks each file by the
# signed lists, and refuses what no signature covers.
fetch_debs() {
  step 'fetching busybox-static for amd64 and arm64'
  mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/debs"
  : >"$work/apt/status"
  with_arches apt-get -qq update || die 'the package lists could not be fetched: see the lines above'
  (cd "$work/debs" && with_arches apt-get -qq download busybox-static:amd64 busybox-static:arm64) ||
    die 'busybox-static could not be fetched: see the lines above'
  rm -rf "$debs"
  mkdir -p "$debs"
  cp "$work/debs/"*.deb "$debs/"
}

# deb_of ARCH: the file of the one busybox-static of this architecture.
deb_of() {
  local -a found
  local package arch
  mapfile -t found < <(find "$debs" -maxdepth 1 -name "busybox-static_*_$1.deb")
  ((${#found[@]} == 1)) || die "$debs holds ${#found[@]} files busybox-static_VERSION_$1.deb; one is needed"
  package=$(dpkg-deb -f "${found[0]}" Package) || die "${found[0]} is no Debian package"
  arch=$(dpkg-deb -f "${found[0]}" Architecture)
  [[ "$package $arch" == "busybox-static $1" ]] || die "${found[0]} is $package for $arch, not busybox-static for $1"
  printf '%s\n' "${found[0]}"
}

# build_flock ARCH FILE: the one program that place.sh needs and busybox-static lacks.
build_flock() {
  local target=x86_64-linux-gnu
  [[ $1 != arm64 ]] || target=aarch64-linux-gnu
  clang "--target=$target" -std=c11 -Os -Wall -Wextra -Werror -ffreestanding -fno-stack-protector \
    -fno-asynchronous-unwind-tables -nostdlib -static -fuse-ld=lld -Wl,--build-id=none -s -o "$2" "$here/flock.c" ||
    die "flock.c could not be built for $1"
  chmod 0755 "$2"
}

# fill_root ARCH BINARY DIR: all that the image's one layer holds.
fill_root() {
  local deb applet to=$3 unpacked=$work/busybox-$1
  deb=$(deb_of "$1")
  dpkg-deb -x "$deb" "$unpacked"
  install -d -m 0755 "$to"/{bin,dev,etc,keep,plugins,proc,sys} "$to/usr/lib/cephrbd" \
    "$to"/usr/share/doc/{cephrbd,busybox-static}
  install -m 0755 "$unpacked/bin/busybox" "$to/bin/busybox"
  for applet in "${applets[@]}"; do
    ln -s busybox "$to/bin/$applet"
  done
  build_flock "$1" "$to/bin/flock"
  install -m 0755 "$here/entrypoint.sh" "$to/entrypoint.sh"
  install -m 0755 "$2" "$to/usr/lib/cephrbd/cephrbd"
  install -m 0755 "$root/deploy/node/place.sh" "$to/usr/lib/cephrbd/place.sh"
  install -m 0644 "$root/LICENSE" "$to/usr/share/doc/cephrbd/LICENSE"
  install -m 0644 "$unpacked/usr/share/doc/busybox-static/copyright" /usr/share/common-licenses/GPL-2 \
    "$to/usr/share/doc/busybox-static/"
  dpkg-deb -W --showformat "$(busybox_source)" "$deb" >"$to/usr/share/doc/busybox-static/source"
  chmod 0644 "$to/usr/share/doc/busybox-static/source"
}

# What the GPL wants told: where the program's sources are.
busybox_source() {
  # shellcheck disable=SC2016 # dpkg-deb fills these in
  printf '%s' '/bin/busybox is from the Debian package ${Package} ${Version} (${Architecture}), unchanged.\n' \
    'Its sources are the Debian source package ${source:Package} ${source:Version}:\n' \
    'apt-get source ${source:Package}=${source:Version}\n'
}

# config ARCH VARIANT DIFF_ID: the image's configuration.
config() {
  jq -cnS --arg arch "$1" --arg variant "$2" --arg diff "$3" --arg created "$created" \
    --arg version "$CEPHRBD_VERSION" --argjson labels "$labels" '{
      created: $created, os: "linux", architecture: $arch,
      config: {
        User: "0", WorkingDir: "/", Entrypoint: ["/entrypoint.sh"], StopSignal: "SIGTERM", Labels: $labels,
        Env: ["PATH=/bin", "CEPHRBD_VERSION=" + $version]
      },
      rootfs: {type: "layers", diff_ids: [$diff]},
      history: [{created: $created, created_by: "deploy/container/oci.sh"}]
    } + if $variant == "" then {} else {variant: $variant} end'
}

# add_image ARCH RID [VARIANT]: layer, configuration and manifest; appends the manifest's
# descriptor to $work/manifests, and what docker load wants to $work/docker.
add_image() {
  local binary=$root/artifacts/$2/cephrbd layer=$work/layer-$1.tar diff_id config layers
  [[ -x $binary ]] || die "there is no $binary: run ./build.sh publish first"
  step "the image for $1"
  fill_root "$1" "$binary" "$work/root-$1"
  pack "$work/root-$1" "$layer"
  diff_id=sha256:$(sha256sum <"$layer" | cut -d' ' -f1)
  gzip -n -9 "$layer"
  layers=$(add_blob "$media.layer.v1.tar+gzip" "$layer.gz")
  config "$1" "${3:-}" "$diff_id" >"$work/config"
  config=$(add_blob "$media.config.v1+json" "$work/config")
  jq -cnS --arg media "$media" --argjson config "$config" --argjson layers "[$layers]" \
    '{schemaVersion: 2, mediaType: ($media + ".manifest.v1+json"), config: $config, layers: $layers}' >"$work/manifest"
  add_blob "$media.manifest.v1+json" "$work/manifest" |
    jq -cS --arg arch "$1" --arg variant "${3:-}" '. + {platform:
      ({os: "linux", architecture: $arch} + if $variant == "" then {} else {variant: $variant} end)}' >>"$work/manifests"
  jq -cnS --argjson config "$config" --argjson layers "[$layers]" --arg tag "$image:$CEPHRBD_VERSION-$1" \
    'def path: .digest | sub(":"; "/") | "blobs/" + .;
      {Config: ($config | path), RepoTags: [$tag], Layers: ($layers | map(path))}' >>"$work/docker"
}

# The DaemonSet names the image of this version.
write_daemonset() {
  local name=$image:$CEPHRBD_VERSION
  sed "s|^\( *image: \)$image:.*|\1$name|" "$here/daemonset.yaml" >"$1"
  grep -q "^ *image: $name\$" "$1" || die "$here/daemonset.yaml names no image $image:VERSION"
}

output='' debs=''
while (($# > 0)); do
  case $1 in
    --output | --debs)
      need_value "$1" $#
      declare "${1#--}=$2"
      shift
      ;;
    -h | --help)
      help
      exit 0
      ;;
    *) die "$1 is unknown; see --help" ;;
  esac
  shift
done

umask 022
SOURCE_DATE_EPOCH=$(source_date)
CEPHRBD_VERSION=${CEPHRBD_VERSION:-$(project_version)}
[[ $CEPHRBD_VERSION =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$ ]] || die "the version '$CEPHRBD_VERSION' cannot be an image's tag"
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
revision=$(git -C "$root" rev-parse HEAD 2>/dev/null) || revision=unknown
labels=$(jq -cnS --arg version "$CEPHRBD_VERSION" --arg revision "$revision" --arg created "$created" '{
  title: "cephrbd", description: "Places the cephrbd FlexVolume driver into a node'\''s plugin folder",
  version: $version, revision: $revision, created: $created,
  licenses: "Apache-2.0 AND MIT AND GPL-2.0-only"
} | with_entries(.key = "org.opencontainers.image." + .key)')
output=${output:-$root/artifacts/packages}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 0755 "$work"
layout=$work/layout
new_layout
if [[ -z $debs ]]; then
  debs=$root/artifacts/container
  fetch_debs
fi
add_image amd64 linux-x64
add_image arm64 linux-arm64 v8
write_index "$image" "$CEPHRBD_VERSION"
pack "$layout" "$work/oci.tar"
write_daemonset "$work/daemonset.yaml"
mkdir -p "$output"
# A file gets its name when it is complete, so a killed run leaves none that is not.
for made in oci.tar daemonset.yaml; do
  name=cephrbd-$CEPHRBD_VERSION-$made
  cp "$work/$made" "$output/.$name.new"
  mv "$output/.$name.new" "$output/$name"
done
step "$output/cephrbd-$CEPHRBD_VERSION-oci.tar: $(stat -c %s "$work/oci.tar") bytes"
