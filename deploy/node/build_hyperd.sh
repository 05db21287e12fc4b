#!/usr/bin/env bash
# Builds hyperd, which runs pods as virtual machines, and hyperctl.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=build_hyperd.sh dry='' skipped=''
checks=(tools headers go source space)
# shellcheck source=deploy/node/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/node/build-lib.sh
. "$here/build-lib.sh"

# shellcheck disable=SC2034 # build-lib.sh reads them
{
  project=hyperd
  import_path=github.com/hyperhq/hyperd
  default_url=https://github.com/hyperhq/hyperd
  default_revision=v1.0.0
  go_floor=1.9
  tools='git make gcc automake autoconf pkg-config'
  results=(cmd/hyperd/hyperd=hyperd cmd/hyperctl/hyperctl=hyperctl)
}

build_about() {
  t 'Builds hyperd and hyperctl, against the libvirt and librbd of this machine: build anew after
Ceph was installed or upgraded.' \
    '针对本机的 libvirt 和 librbd 构建 hyperd 与 hyperctl：安装或升级 Ceph 之后需要重新构建。'
}

# header FILE: whether the compiler finds it.
header() {
  printf '#include <%s>\n' "$1" | timeout 20 gcc -E - >/dev/null 2>&1
}

check_headers() {
  local absent=''
  command -v gcc >/dev/null || return 0
  header libdevmapper.h || absent+=' libdevmapper-dev'
  header rbd/librbd.h || absent+=' librbd-dev'
  header rados/librados.h || absent+=' librados-dev'
  header libvirt/libvirt.h || absent+=' libvirt-dev'
  [[ -z $absent ]] || t "header files are missing: apt install$absent" "缺少头文件：apt install$absent（麒麟官方源中没有 libdevmapper-dev 时，请从源码或其他可信来源安装）"
}

after_source() { :; }

compile() {
  local why
  why=$(t "hyperd could not be built; the whole output is in $log_file" "hyperd 构建失败，完整输出见 $log_file")
  run -t 300 ./autogen.sh || die "$why"
  run -t 600 ./configure || die "$why"
  run -t 3600 make || die "$why"
}

build_main "$@"
