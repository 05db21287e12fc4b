# shellcheck shell=bash
# What has to be so before deploy_compute_node.sh changes anything. Each check prints what is
# wrong and what to do about it, or nothing. Source it; the script has set its options.
# shellcheck disable=SC2154

# Checks of install.sh: they are waived there.
# shellcheck disable=SC2034
driver_checks=(package arch kernel glibc libraries mkfs plugin-dir)

check_tools() {
  local absent
  absent=$(missing systemctl timeout cmp dd awk sed sort stat hostname)
  [[ -z $absent ]] || t "not on the PATH: $absent" "PATH 中缺少：$absent"
}

# check_program FILE NAME: an ELF file is for this machine; a script is whoever wrote it's matter.
check_program() {
  local wanted=3e00
  [[ $(uname -m) != aarch64 ]] || wanted=b700
  if [[ ! -f $1 || ! -s $1 ]]; then
    t "there is no $1" "$1 不存在或为空"
  elif [[ $(od -An -tx1 -N4 "$1" | tr -d ' ') == 7f454c46 && $(od -An -tx1 -j18 -N2 "$1" | tr -d ' ') != "$wanted" ]]; then
    t "$1 is no program for $(uname -m): build it on such a machine" "$1 不是 $(uname -m) 的程序：请在同架构机器上构建"
  else
    return 0
  fi
  printf '\n'
}

check_binaries() {
  local program
  for program in frakti hyperd hyperctl; do
    if [[ -n ${given[$program]:-} ]]; then
      check_program "${given[$program]}"
    elif [[ $program != hyperctl && ! -x $bin_dir/$program ]]; then
      t "there is no $bin_dir/$program: give one by --$program, as build_$program.sh makes it" \
        "$bin_dir/$program 不存在：请用 --$program 指定（由 build_$program.sh 构建）"
      printf '\n'
    fi
  done
}

check_space() {
  local needed=10240 free program folder=$bin_dir
  for program in "${!given[@]}"; do
    [[ ! -f ${given[$program]} ]] || needed=$((needed + $(stat -c %s "${given[$program]}") / 1024))
  done
  for folder in "$bin_dir" "$state"; do
    while [[ ! -e $folder ]]; do
      folder=$(dirname "$folder")
    done
    free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
    ((free >= needed)) || t "$folder: $free KiB are free, $needed are needed. " "$folder 只剩 $free KiB，需要 $needed KiB。"
  done
}

check_kubelet() {
  unit_known kubelet || t 'systemd knows no kubelet.service: install kubelet first (kubeadm join), then run this again' \
    'systemd 中没有 kubelet.service：请先安装 kubelet（kubeadm join），再运行本脚本'
}

check_kubelet_version() {
  [[ -n $kubelet_version ]] || {
    t "'kubelet --version' does not tell one: is kubelet on the PATH?" '无法从 kubelet --version 得到版本：kubelet 在 PATH 中吗？'
    return 0
  }
  older "$kubelet_version" 1.26 ||
    t "kubelet is $kubelet_version: from 1.26 on it speaks CRI v1 alone, which frakti does not. Use an older kubelet, or --runtime host with a container runtime of today" \
      "kubelet 版本为 $kubelet_version：1.26 起只支持 CRI v1，frakti 不支持。请使用较旧的 kubelet，或改用 --runtime host 与现有的容器运行时"
}

# An admin's own units stay; but they have to run what is put in place here.
check_units() {
  local unit text
  for unit in frakti hyperd; do
    own_unit "$unit" || continue
    text=$(unit_text "$unit")
    grep -Eq "^ExecStart=[-@:+!]*$bin_dir/$unit( |\$)" <<<"$text" ||
      t "$unit.service of this node does not run $bin_dir/$unit: name its folder by --bin-dir, or correct its ExecStart. " \
        "本机的 $unit.service 运行的不是 $bin_dir/$unit：请用 --bin-dir 指定目录，或修改其 ExecStart。"
  done
}

# What else sets KUBELET_EXTRA_ARGS wins over our drop-in, or would be lost by it.
check_kubelet_flags() {
  unit_known kubelet || return 0
  case $flags_state in
    set-elsewhere)
      t "KUBELET_EXTRA_ARGS is set in $flags_where, which the drop-in of this script must not replace: add there the flags $flags" \
        "$flags_where 已设置 KUBELET_EXTRA_ARGS，本脚本不会覆盖：请在其中加入参数 $flags"
      ;;
    unused)
      t "kubelet.service does not use \$KUBELET_EXTRA_ARGS, so flags cannot be added to it: add to its ExecStart $flags" \
        "kubelet.service 没有使用 \$KUBELET_EXTRA_ARGS，无法追加参数：请在其 ExecStart 中加入 $flags"
      ;;
  esac
}

# What hyperd boots its VMs with.
check_hyper_kernel() {
  local key value
  for key in Kernel Initrd; do
    value=''
    [[ ! -f $hyper_config ]] || value=$(sed -n "s/^[[:space:]]*${key}[[:space:]]*=[[:space:]]*//p" "$hyper_config" | head -n 1)
    [[ -n $value ]] || value=/var/lib/hyper/$([[ $key == Kernel ]] && echo kernel || echo hyper-initrd.img)
    [[ -f $value ]] || t "there is no $value, hyperd's $key: build hyperstart and put it there. " "缺少 hyperd 的 $key：$value，请构建 hyperstart 并放到该位置。"
  done
}

check_qemu() {
  local kind=x86_64
  [[ $(uname -m) != aarch64 ]] || kind=aarch64
  [[ -n $(missing "qemu-system-$kind") ]] || return 0
  t "there is no qemu-system-$kind: install QEMU with its rbd block driver (Debian: qemu-block-extra)" \
    "找不到 qemu-system-$kind：请安装带 rbd 块驱动的 QEMU（Debian：qemu-block-extra）"
}

# The pods' VMs end with hyperd: what uses an image has to be off the node before.
check_in_use() {
  local users
  ! will_drain || return 0
  ! unit_active hyperd || users=$("$here/in-use.sh") || {
    t "volumes are in use, and this node cannot be drained from here ($drain_why). Drain it from elsewhere: kubectl drain $node_name. In use: $users" \
      "仍有卷在使用，而此处无法排空节点（$drain_why）。请在别处执行 kubectl drain $node_name。使用中：$users"
  }
}

# judge_config FILE: what the driver takes it for: in runtime host it lets kubelet see to the group.
judge_config() {
  local binary=$driver reply said=hyper config=$1
  [[ -n $binary ]] || binary=$(installed_driver) || return 0
  [[ -x $binary && -n $config ]] || return 0
  reply=$(timeout 20 "$binary" --config "$config" init 2>/dev/null) || return 0
  [[ $reply != *'"fsGroup":true'* ]] || said=host
  if [[ $reply == *'"message"'* ]]; then
    t "the driver does not take $config: $reply" "驱动不接受 $config：$reply"
  elif [[ $said != "$runtime" ]]; then
    t "$config says runtime $said, this node is to have $runtime: change \"runtime\" there, or give --runtime $said" \
      "$config 中的 runtime 是 $said，而本节点要用 $runtime：请修改其中的 \"runtime\"，或使用 --runtime $said"
  fi
}

check_driver_config() {
  if [[ -f $driver_config ]]; then
    [[ -z $config ]] || cmp -s "$config" "$driver_config" ||
      t "$driver_config is there and differs from $config: change it by hand, it is not replaced. " "$driver_config 已存在且与 $config 不同，不会被覆盖：请手工修改。"
    judge_config "$driver_config"
  elif [[ -n $config && ! -f $config ]]; then
    t "there is no file $config" "文件 $config 不存在"
  elif [[ -z $config && $runtime == host ]]; then
    t "runtime host needs a config: give one by --config, as examples/config-host.json" "runtime host 需要配置文件：请用 --config 指定，例如 examples/config-host.json"
  else
    judge_config "$config"
  fi
}

check_driver() {
  local said installed=''
  if [[ -n $package ]]; then
    [[ -z $(missing dpkg dpkg-deb) ]] || {
      t 'there is no dpkg: use --driver and the archive' '没有 dpkg：请改用 --driver 和压缩包'
      return 0
    }
    [[ -f $package && $(dpkg-deb -f "$package" Package 2>/dev/null) == cephrbd ]] || {
      t "$package is no Debian package cephrbd" "$package 不是 cephrbd 的 Debian 包"
      return 0
    }
    [[ $(dpkg-deb -f "$package" Architecture) == "$(dpkg --print-architecture)" ]] ||
      t "$package is for $(dpkg-deb -f "$package" Architecture), this machine is $(dpkg --print-architecture)" \
        "$package 的架构是 $(dpkg-deb -f "$package" Architecture)，本机是 $(dpkg --print-architecture)"
    return 0
  fi
  if [[ -z $driver ]]; then
    installed=$(installed_driver) || t 'there is no driver on this node, and none beside this script: give --driver or --driver-package' \
      '本机没有驱动，脚本旁边也没有：请用 --driver 或 --driver-package 指定'
    [[ -z $installed ]] || return 0
    return 0
  fi
  said=$(install_driver --dry-run 2>&1) || printf '%s' "${said//install.sh: /}"
}
