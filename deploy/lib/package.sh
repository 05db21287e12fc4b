# shellcheck shell=bash
# What is handed to others: packages, archives, images. Needs common.sh, packages.sh and
# publish.sh, and root, the project's folder.
# shellcheck disable=SC2154

# The version that Directory.Build.props names.
project_version() {
  sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props"
}

# Seconds since 1970 that stand in all that is built: those of the last commit, so that
# two builds of one commit are the same to the last bit.
source_date() {
  local date=${SOURCE_DATE_EPOCH:-}
  [[ -n $date ]] || date=$(git -C "$root" log -1 --format=%ct 2>/dev/null) || true
  [[ $date =~ ^[0-9]+$ ]] || die 'this is no git checkout: set SOURCE_DATE_EPOCH to the seconds since 1970 that the packages shall tell'
  printf '%s\n' "$date"
}

# begin_packages: what makes packages can be run after this.
begin_packages() {
  local rid
  for rid in $(known_rids); do
    [[ -x $root/artifacts/$rid/cephrbd ]] || die "there is no artifacts/$rid/cephrbd: run ./build.sh publish first"
  done
  SOURCE_DATE_EPOCH=$(source_date)
  CEPHRBD_VERSION=$(project_version)
  export SOURCE_DATE_EPOCH CEPHRBD_VERSION
  rm -rf "$root/artifacts/packages"
  mkdir -p "$root/artifacts/packages"
}

# package_programs: Debian packages and archives alone.
package_programs() {
  need_packages "${packages_package[@]}"
  begin_packages
  "$root/deploy/package/make.sh"
}

# package: artifacts/packages from artifacts/RID/cephrbd of all that this machine can build.
package() {
  package_programs
  "$root/deploy/container/oci.sh"
  "$root/deploy/image/make.sh"
  "$root/deploy/package/checksums.sh"
}
