# shellcheck shell=bash
# The driver as one native binary. Needs common.sh and packages.sh, and root, the
# project's folder.
# shellcheck disable=SC2154

host_rid() {
  case $(uname -m) in
    x86_64) printf 'linux-x64\n' ;;
    aarch64) printf 'linux-arm64\n' ;;
    *) die "no driver is built on $(uname -m)" ;;
  esac
}

# What this machine can build.
known_rids() {
  case $(host_rid) in
    linux-x64) printf '%s\n' linux-x64 linux-arm64 ;;
    *) host_rid ;;
  esac
}

# publish [RID…]: artifacts/RID/cephrbd for each; without any, for all that can be built here.
publish() {
  local host rid
  local -a flags known
  host=$(host_rid)
  (($# > 0)) || mapfile -t known < <(known_rids)
  (($# > 0)) || set -- "${known[@]}"
  for rid; do
    case $rid in
      "$host" | linux-arm64) ;;
      linux-x64) die 'linux-x64 is only built on an x64 machine' ;;
      *) die "no driver is built for $rid; linux-x64 and linux-arm64 are known" ;;
    esac
  done
  for rid; do
    flags=()
    need_packages "${packages_build[@]}"
    if [[ $rid != "$host" ]]; then
      need_packages "${packages_cross[@]}"
      flags=(-p:CppCompilerAndLinker=clang -p:LinkerFlavor=lld -p:ObjCopyName=aarch64-linux-gnu-objcopy)
    fi
    step "publishing $rid"
    dotnet publish "$root/src/CephRbdDriver" -c Release -r "$rid" -o "$root/artifacts/$rid" \
      --nologo -v quiet "${flags[@]}" >&2
    step "artifacts/$rid/cephrbd, $(stat -c %s "$root/artifacts/$rid/cephrbd") bytes"
  done
}
