#!/usr/bin/env bash
# Makes this machine a compute node: hyperd, frakti, kubelet's drop-in and the driver; or, for a
# node with ordinary containers, the driver alone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=deploy_compute_node.sh dry='' skipped=''
# shellcheck source=deploy/node/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/node/compute/services.sh
. "$here/compute/services.sh"
# shellcheck source=deploy/node/compute/files.sh
. "$here/compute/files.sh"
# shellcheck source=deploy/node/compute/driver.sh
. "$here/compute/driver.sh"
# shellcheck source=deploy/node/compute/previous.sh
. "$here/compute/previous.sh"
# shellcheck source=deploy/node/compute/checks.sh
. "$here/compute/checks.sh"

driver_config=/etc/cephrbd/config.json
checks_host=(driver driver-config)
checks_hyper=(tools kubelet kubelet-version kubelet-flags units binaries hyper-kernel qemu space driver driver-config in-use)
checks=("${checks_hyper[@]}")

help() {
  cat <<TEXT
usage: $name [--frakti FILE] [--hyperd FILE] [--hyperctl FILE] [DRIVER] [OPTION]...
       $name --runtime host [DRIVER] [--config FILE] [--skip NAME]... [--dry-run]
       $name --rollback [--dry-run]

$(t 'Drains the node, puts the driver, stops kubelet, frakti and hyperd, puts programs and units,
starts hyperd, frakti and kubelet in this order, and sees that each answers. After a failure
all is put back and runs as before. Run again, it changes nothing.' \
    '排空节点，安装驱动，停止 kubelet、frakti、hyperd，放置程序和 unit，然后按 hyperd、frakti、
kubelet 的顺序启动，并确认每个服务都有应答。失败时全部恢复原状。重复运行不会产生变化。')

  --frakti FILE, --hyperd FILE, --hyperctl FILE
                        the programs, as build_frakti.sh and build_hyperd.sh make them;
                        without one, that in place stays
  DRIVER                --driver FILE or --driver-package FILE.deb; without it the one
                        beside this script, else that of this node stays
  --config FILE         put as $driver_config, if there is none
  --runtime hyper|host  who uses the images (default: hyper). host: the driver alone;
                        nothing is stopped
  --bin-dir DIR         where the programs go (default: /usr/bin)
  --cgroup-driver NAME  frakti's: cgroupfs or systemd, the same as kubelet's (default:
                        docker's, else cgroupfs)
  --streaming-address A frakti's address for exec and logs (default: this host's name)
  --hypervisor NAME, --storage-driver NAME
                        of a new $hyper_config (default: qemu, overlay)
  --node-name N         this node in Kubernetes (default: the host's name)
  --kubeconfig FILE     for kubectl (default: its own, else /etc/kubernetes/admin.conf)
  --no-drain            does not drain; without kubectl or API server it does not either
  --drain-seconds N     how long draining may take (default: 300)
  --delete-emptydir-data
                        drains pods with emptyDir, too; the data in these is lost
  --patience N          seconds that hyperd and frakti have to answer, also at boot: it
                        stands in their units (default: 60)
  --settle N            seconds that each has to keep running (default: 5)
  --skip NAME           does without one of the checks that come first: ${checks_hyper[*]};
                        of the driver: ${driver_checks[*]}
  --rollback            puts back what the last run has replaced, or what a killed run
                        found; a second time, the other way round
  --dry-run             shows each command that would be run, and changes nothing

$(t 'What was there before is kept in' '原来的内容保存在') $state.
$(t 'Log:' '日志：') /var/log/cephrbd/deploy_compute_node.log
Exit status: 0, or 1 after a failure, 2 after wrong arguments.
TEXT
}

declare -A given=()
plugin_dirs=() kubectl=()
driver='' package='' config='' runtime=hyper bin_dir=/usr/bin cgroup_driver='' streaming_address=%H
hypervisor=qemu storage_driver=overlay node_name='' kubeconfig='' no_drain='' drain_seconds=300
delete_empty_dir='' patience=60 settle=5 rollback='' under_way='' with_services=''
drain_known='' drain_why='' drain_said=''

# number OPTION VALUE
number() {
  [[ $2 =~ ^[0-9]{1,5}$ ]] || misused "$1 $2 is no number of seconds" "$1 $2 不是秒数"
}

parse() {
  while (($# > 0)); do
    case $1 in
      --frakti | --hyperd | --hyperctl | --driver | --driver-package | --config | --runtime | --bin-dir | --cgroup-driver | \
        --streaming-address | --hypervisor | --storage-driver | --node-name | --kubeconfig | --drain-seconds | --patience | \
        --settle | --skip)
        need_value "$1" $# "${2:-}"
        set_option "$1" "$2"
        shift
        ;;
      --no-drain) no_drain=1 ;;
      --delete-emptydir-data) delete_empty_dir=1 ;;
      --rollback) rollback=1 ;;
      --dry-run) dry=1 ;;
      -h | --help)
        help
        exit 0
        ;;
      *) misused "$1 is unknown" "未知参数 $1" ;;
    esac
    shift
  done
  [[ -z $driver || -z $package ]] || misused '--driver and --driver-package do not go together' '--driver 与 --driver-package 不能同用'
  if [[ $runtime == host ]]; then
    ((${#given[@]} == 0)) || misused '--runtime host takes neither frakti nor hyperd' '--runtime host 不需要 frakti 和 hyperd'
    checks=("${checks_host[@]}")
  fi
  [[ $bin_dir == /* ]] || misused "--bin-dir $bin_dir is no absolute path" "--bin-dir $bin_dir 不是绝对路径"
}

set_option() {
  # What goes into a unit or a config is one plain word.
  local word='^[%A-Za-z0-9._:/-]+$'
  case $1 in
    --frakti | --hyperd | --hyperctl) given[${1#--}]=$2 ;;
    --driver) driver=$2 ;;
    --driver-package) package=$2 ;;
    --config) config=$2 ;;
    --runtime)
      [[ $2 == hyper || $2 == host ]] || misused "--runtime is hyper or host, not $2" "--runtime 只能是 hyper 或 host，不能是 $2"
      runtime=$2
      ;;
    --cgroup-driver)
      [[ $2 == cgroupfs || $2 == systemd ]] || misused "--cgroup-driver is cgroupfs or systemd, not $2" "--cgroup-driver 只能是 cgroupfs 或 systemd，不能是 $2"
      cgroup_driver=$2
      ;;
    --bin-dir | --streaming-address | --hypervisor | --storage-driver | --node-name)
      [[ $2 =~ $word ]] || misused "$1 '$2' has characters that cannot stand there" "$1 「$2」含有不允许的字符"
      case $1 in
        --bin-dir) bin_dir=${2%/} ;;
        --streaming-address) streaming_address=$2 ;;
        --hypervisor) hypervisor=$2 ;;
        --storage-driver) storage_driver=$2 ;;
        --node-name) node_name=$2 ;;
      esac
      ;;
    --kubeconfig) kubeconfig=$2 ;;
    --drain-seconds | --patience | --settle)
      number "$1" "$2"
      case $1 in
        --drain-seconds) drain_seconds=$2 ;;
        --patience) patience=$2 ;;
        --settle) settle=$2 ;;
      esac
      ;;
    --skip) skip_check "$2" "${driver_checks[@]}" ;;
  esac
}

# The number that kubelet gives itself; where it is not on the PATH, its unit tells where.
find_kubelet_version() {
  local program=kubelet
  command -v kubelet >/dev/null ||
    program=$(unit_text kubelet | sed -n 's/^ExecStart=[-@:+!]*\(\/[^ ]*kubelet\)\( .*\)\{0,1\}$/\1/p' | tail -n 1)
  kubelet_version=$(timeout 20 "${program:-kubelet}" --version 2>/dev/null | sed -n 's/^Kubernetes v\([0-9.]*\).*/\1/p') || kubelet_version=''
}

lock() {
  [[ -z $dry ]] || return 0
  exec 9>/run/cephrbd-deploy.lock
  flock -n 9 || die "another $name is at work on this node" "本机正在运行另一个 $name"
}

hyper_node() {
  local files=''
  if wanted_differs; then
    files=1
  fi
  if [[ -z $files && ! -d $now && ! -d $after ]] && ! driver_differs; then
    if all_run; then
      say "no change: all was there and runs" '无变化：一切已就绪且正在运行'
      return 0
    fi
    enable_services
    start_services
    say 'done: nothing was put; what did not run was started' '完成：没有写入内容，已启动未运行的服务'
    return 0
  fi
  [[ -z $files && ! -d $now ]] || with_services=1
  begin_set
  under_way=1
  [[ -z $files ]] || drain
  # While kubelet runs: it is asked for its plugin folder.
  put_driver
  if [[ -n $with_services ]]; then
    stop_services
    put_wanted
    enable_services
    start_services
  fi
  verify_driver
  finish_and_uncordon
}

# From here on nothing is taken back: all of it stands and answers.
finish_and_uncordon() {
  under_way=''
  if [[ -z $dry ]]; then
    uncordon || exit 1
  elif [[ -n $with_services ]] && will_drain && [[ $drain_said != true ]]; then
    would "${kubectl[@]}" uncordon "$node_name"
  fi
  finish_set
  [[ -n $dry ]] || say "done: the node is ready; what was there before is in $before (--rollback)" "完成：节点已就绪；原内容保存在 $before（可用 --rollback 恢复）"
}

host_node() {
  if [[ ! -d $now && ! -d $after ]] && ! driver_differs && [[ -z $config || -e $driver_config ]]; then
    verify_driver
    say 'no change: the driver was there' '无变化：驱动已安装'
    return 0
  fi
  begin_set
  under_way=1
  put_driver
  verify_driver
  finish_and_uncordon
}

main() {
  parse "$@"
  node_name=${node_name:-$(hostname | tr '[:upper:]' '[:lower:]')}
  begin
  # Without that, the other checks would tell nothing.
  if ((EUID != 0)); then
    die 'only root can do this: use sudo' '需要 root 权限，请使用 sudo'
  fi
  lock
  open_log /var/log/cephrbd "$@"
  find_plugin_dirs
  if [[ -n $rollback ]]; then
    go_back
    return 0
  fi
  [[ -n $driver || -n $package ]] || [[ $(package_version) == ii* ]] || driver=$(beside) || driver=''
  if [[ $runtime == hyper ]]; then
    find_kubelet_version
    find_flags
    gather_wanted
  fi
  preflight
  "${runtime}_node"
  [[ -z $dry ]] || say 'a dry run: nothing was changed' '演习模式：未做任何改动'
}

main "$@"
