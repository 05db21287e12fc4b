# shellcheck shell=bash
# The Debian packages each task needs, and their installation. Needs common.sh.
# shellcheck disable=SC2034 # the sets are for the scripts that source this one

packages_lint=(shellcheck shfmt)
packages_build=(clang lld gcc libc6-dev zlib1g-dev libblkid-dev librados-dev librbd-dev)
packages_cross=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
packages_unit=(
  "${packages_build[@]}" "${packages_cross[@]}" bcache-tools btrfs-progs cryptsetup-bin dosfstools e2fsprogs
  gdisk iproute2 lvm2 mdadm procps strace util-linux xfsprogs
)
# The tests of the deployment's scripts.
packages_deploy=(apt bats coreutils dpkg e2fsprogs gnupg iproute2 jq perl-base python3 util-linux xfsprogs yq)
packages_unit+=("${packages_deploy[@]}")
packages_lab=(
  ceph-common ceph-mgr ceph-mon ceph-osd e2fsprogs iproute2 jq kmod procps qemu-block-extra
  qemu-utils rbd-nbd time udev user-mode-linux util-linux xfsprogs
)
packages_lab+=("${packages_deploy[@]}")
packages_emulated=("${packages_cross[@]}" qemu-user-static)
packages_package=(binutils dpkg-dev jq xz-utils)
packages_package+=(clang lld) # the container image
packages_package+=(arch-test mmdebstrap qemu-user-static)
packages_artifact=("${packages_package[@]}" binutils-aarch64-linux-gnu)
packages_artifact+=(e2fsprogs iproute2 systemd-container util-linux)
packages_artifact+=(busybox-static inotify-tools lintian man-db procps)
packages_artifact+=(qemu-user-static runc skopeo yq) # to try the container image
# A kubelet built from Debian's source, and what it runs its pods with.
packages_kubelet=(dpkg-dev golang-1.19-go)
packages_e2e=(busybox-static containerd iproute2 jq procps runc util-linux)
packages_pipeline=(dpkg-dev iproute2 mmdebstrap openssh-client systemd-container util-linux)

missing_packages() {
  local -A installed=()
  local package status
  while read -r package status; do
    [[ $status != ii* ]] || installed[$package]=1
  done < <(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' "$@" 2>/dev/null)
  for package; do
    [[ -n ${installed[$package]:-} ]] || printf '%s\n' "$package"
  done
}

# Runs a command while no package may start a daemon. A policy of the machine's own
# comes back afterwards; one that a killed run left behind is recognised as ours.
without_daemons() (
  policy=/usr/sbin/policy-rc.d
  saved=$policy.before-cephrbd
  mark='# cephrbd: no daemon starts during an installation'
  restore_policy() {
    if [[ -e $policy ]] && grep -qxF "$mark" "$policy"; then
      rm -f "$policy"
      [[ ! -e $saved && ! -L $saved ]] || mv -f "$saved" "$policy"
    fi
  }
  restore_policy
  on_exit restore_policy
  [[ ! -e $policy && ! -L $policy ]] || mv "$policy" "$saved"
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 0755 "$policy"
  "$@"
)

# need_packages PACKAGE…: installs those that are missing.
need_packages() {
  local -a missing
  command -v dpkg-query >/dev/null || die "this is no Debian; install what these packages hold: $*"
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  ((EUID == 0)) || die "only root can install the missing packages: ${missing[*]}"
  step "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  timeout 300 apt-get update -qq >&2
  without_daemons timeout 1200 apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "${missing[@]}" >&2 ||
    die 'the packages could not be installed'
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) || die "still not installed: ${missing[*]}"
}

# The SDK that global.json asks for; run it in the root of the project.
need_dotnet() {
  command -v dotnet >/dev/null || die 'the .NET SDK 10.0.100 or newer is not on the PATH'
  dotnet --version >/dev/null 2>&1 || die 'the .NET SDK that global.json asks for (10.0.100 or newer) is not installed'
}
