#!/usr/bin/env bash
# Everything that is done with this project, by one verb each. See ./build.sh help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"
# shellcheck source=deploy/lib/common.sh
. deploy/lib/common.sh
# shellcheck source=deploy/lib/packages.sh
. deploy/lib/packages.sh
# shellcheck source=deploy/lib/publish.sh
. deploy/lib/publish.sh
# shellcheck source=deploy/lib/package.sh
. deploy/lib/package.sh
# shellcheck source=deploy/lib/groups.sh
. deploy/lib/groups.sh
# shellcheck source=deploy/lib/test.sh
. deploy/lib/test.sh
# shellcheck source=deploy/lib/emulated.sh
. deploy/lib/emulated.sh
# shellcheck source=deploy/lib/e2e.sh
. deploy/lib/e2e.sh
# shellcheck source=deploy/lib/lint.sh
. deploy/lib/lint.sh

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# A build server that stays behind would hold this script's output open.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

help() {
  cat <<'TEXT'
usage: ./build.sh VERB, or: ./build.sh publish package

  setup             installs the Debian packages that the verbs need. Every verb
                    installs its own, too; only root can.
  build             compiles everything (Release)
  test [unit|lab|artifact|pipeline]
                    builds, publishes the driver and runs the tests; the last line
                    is "N passed, N failed". The lab tests start Ceph clusters of
                    their own on loopback addresses and, for runtime host, kernels
                    with rbd in a network namespace of their own. The artifact tests
                    make packages and images, and try them.
  pipeline          three nodes (containers with systemd) follow docs/deployment.md from
                    its first block to its last, are rebooted, cut off and broken, and
                    are taken down; part of test
  e2e [STAGE…]      a real kubelet runs pods with the driver (docs/e2e.md); the first time it is
                    built from Debian's source, and cached
  lint [--fix]      checks the form of C# and shell sources; --fix formats them
  publish [RID…]    artifacts/RID/cephrbd, native code, and cephrbd.dbg beside it:
                    linux-x64, linux-arm64 (default: all that this machine can build)
  package           artifacts/packages: Debian packages, archives, container image,
                    images of a compute node, from what publish made
  demo [--runtime hyper|host]
                    shows a volume's whole way through the driver, on a real cluster;
                    host: in a real kernel, a process of this machine
  lab up|down|status [--dir D] [--addr IP] [--osds N]
                    a Ceph cluster on this machine to try things (deploy/lab/lab.sh)
  bench             measures the driver on a cluster of its own
  load [--quick] [--minutes N]
                    storms of mounts and unmounts in both runtimes, what they leave
                    behind, what a call costs, pools of many images, long wires;
                    figures go to bench/load.md
  clean             removes all that was built; takes down the lab in artifacts/lab
  help              this text
TEXT
}

build() {
  need_packages "${packages_build[@]}"
  need_dotnet
  step 'building'
  dotnet build CephRbd.sln -c Release --nologo -v quiet
}

run_test() {
  case ${1:-all} in
    unit) need_packages "${packages_unit[@]}" ;;
    lab) need_packages "${packages_unit[@]}" "${packages_lab[@]}" "${packages_emulated[@]}" ;;
    artifact) need_packages "${packages_build[@]}" "${packages_cross[@]}" "${packages_lab[@]}" "${packages_artifact[@]}" ;;
    pipeline) need_packages "${packages_build[@]}" "${packages_cross[@]}" "${packages_lab[@]}" "${packages_package[@]}" "${packages_pipeline[@]}" ;;
    all) need_packages "${packages_unit[@]}" "${packages_lab[@]}" "${packages_emulated[@]}" "${packages_artifact[@]}" "${packages_pipeline[@]}" ;;
    *) die "test: $1 is unknown; unit, lab, artifact and pipeline are known" ;;
  esac
  need_dotnet
  test_all "${1:-all}"
}

clean() {
  if [[ -e artifacts/lab ]]; then
    deploy/lab/lab.sh down
  fi
  rm -rf artifacts src/*/bin src/*/obj tests/*/bin tests/*/obj
}

verb=${1:-help}
(($# == 0)) || shift
case $verb in
  setup)
    need_packages "${packages_lint[@]}" "${packages_unit[@]}" "${packages_lab[@]}" "${packages_cross[@]}" "${packages_emulated[@]}" "${packages_artifact[@]}" "${packages_pipeline[@]}" "${packages_e2e[@]}"
    need_dotnet
    ;;
  build) build ;;
  test) run_test "$@" ;;
  pipeline) run_test pipeline ;;
  e2e) run_e2e "$@" ;;
  lint)
    need_packages "${packages_lint[@]}"
    need_dotnet
    lint "$@"
    ;;
  publish)
    need_dotnet
    rids=()
    while [[ ${1:-} == linux-* ]]; do
      rids+=("$1")
      shift
    done
    publish "${rids[@]}"
    case ${1:-} in
      '') ;;
      package) package ;;
      *) die "publish: $1 is unknown; linux-x64, linux-arm64, and the verb package are known" ;;
    esac
    ;;
  package) package ;;
  lab)
    need_packages "${packages_lab[@]}"
    exec deploy/lab/lab.sh "$@"
    ;;
  demo)
    need_packages "${packages_lab[@]}"
    exec deploy/lab/demo.sh "$@"
    ;;
  bench)
    need_packages "${packages_lab[@]}"
    [[ -x bench/run.sh ]] || die 'there is no bench/run.sh'
    publish "$(host_rid)"
    exec bench/run.sh "$@"
    ;;
  load)
    need_packages "${packages_lab[@]}"
    publish "$(host_rid)"
    exec bench/load.sh "$@"
    ;;
  clean) clean ;;
  help | -h | --help) help ;;
  *)
    help >&2
    exit 2
    ;;
esac
