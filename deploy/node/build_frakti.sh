#!/usr/bin/env bash
# Builds frakti, the container runtime between kubelet and hyperd.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=build_frakti.sh dry='' skipped=''
checks=(tools go source space ceph-support)
# shellcheck source=deploy/node/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/node/build-lib.sh
. "$here/build-lib.sh"

# shellcheck disable=SC2034 # build-lib.sh reads them
{
  project=frakti
  import_path=k8s.io/frakti
  default_url=https://github.com/kubernetes/frakti
  # Of the time of 1.11, and with the driver cephrbd in its tree: the release 1.11.0 may be older.
  default_revision=4e7fdb98cdf840faac1f654861728ba76e28a14a
  go_floor=1.9
  tools='git make gcc'
  results=(out/frakti=frakti)
}

build_about() {
  t 'Builds frakti. Its version goes with that of Kubernetes: 1.11 with 1.11. The drivers that its
Makefile also builds are not taken: cephrbd stands for them.' \
    '构建 frakti。其版本与 Kubernetes 一致：1.11 对应 1.11。它的 Makefile 还会生成 flexVolume 驱动，
但不使用：由 cephrbd 代替。'
}

# Before there is a source it cannot be looked at: after_source does.
check_ceph_support() { :; }

# frakti itself has to understand what the driver leaves in a volume's folder.
after_source() {
  [[ -z $dry ]] || return 0
  if grep -rqi --include='*.go' cephRBDOptsData pkg cmd 2>/dev/null; then
    return 0
  fi
  if [[ " $skipped " == *' ceph-support '* ]]; then
    warn 'this source does not know Ceph RBD volumes (cephRBDOptsData)' '该源码不认识 Ceph RBD 卷（cephRBDOptsData）'
    return 0
  fi
  die "frakti of $commit does not know Ceph RBD volumes (no cephRBDOptsData in pkg or cmd): its pods would see an empty folder. Give a --revision after the merge of pull request 340, or waive this by --skip ceph-support" \
    "frakti（$commit）不认识 Ceph RBD 卷（pkg、cmd 中没有 cephRBDOptsData），pod 里只会看到空目录。请用 --revision 指定合并了 PR 340 之后的版本，或用 --skip ceph-support 忽略"
}

compile() {
  run -t 3600 make || die "frakti could not be built; the whole output is in $log_file" "frakti 构建失败，完整输出见 $log_file"
}

build_main "$@"
