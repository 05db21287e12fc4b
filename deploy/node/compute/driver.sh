# shellcheck shell=bash
# The driver on a compute node: by install.sh beside this, or by its Debian package. Source it
# after lib.sh.
# shellcheck disable=SC2154

# find_plugin_dirs: the running kubelet is asked, so before it is stopped; a run that goes on after
# a kill takes those that the killed one found.
find_plugin_dirs() {
  local found
  if [[ -s $now/plugin-dirs ]]; then
    found=$(<"$now/plugin-dirs")
  else
    found=$("$here/place.sh" find) || die "kubelet's plugin folder could not be found: see above" '找不到 kubelet 的插件目录，见上'
  fi
  mapfile -t plugin_dirs <<<"$found"
}

# installed_driver: the one that this node has, if any.
installed_driver() {
  local dir
  for dir in "${plugin_dirs[@]}"; do
    [[ -x $dir/hyper~cephrbd/cephrbd ]] || continue
    printf '%s\n' "$dir/hyper~cephrbd/cephrbd"
    return 0
  done
  return 1
}

# beside: the driver of the unpacked archive, or of the project's folder.
beside() {
  local arch=x64 file
  [[ $(uname -m) != aarch64 ]] || arch=arm64
  for file in "$here/cephrbd" "$here/../cephrbd" "$here/../../artifacts/linux-$arch/cephrbd"; do
    [[ ! -f $file ]] || {
      printf '%s\n' "$file"
      return 0
    }
  done
  return 1
}

package_version() { dpkg-query -W -f '${db:Status-Abbrev} ${Version}' cephrbd 2>/dev/null || true; }

# install_driver [--dry-run]: what is waived here is waived there.
install_driver() {
  local check dir arguments=(--binary "$driver")
  for dir in "${plugin_dirs[@]}"; do
    arguments+=(--plugin-dir "$dir")
  done
  [[ -z $config ]] || arguments+=(--config "$config")
  for check in "${driver_checks[@]}"; do
    [[ " $skipped " != *" $check "* ]] || arguments+=(--skip "$check")
  done
  timeout 300 "$here/install.sh" "${arguments[@]}" "$@"
}

# driver_differs: whether there is something to do for the driver.
driver_differs() {
  local said
  if [[ -n $package ]]; then
    [[ $(package_version) != "ii  $(dpkg-deb -f "$package" Version)" ]] || ! installed_driver >/dev/null
  elif [[ -n $driver ]]; then
    said=$(install_driver --dry-run 2>/dev/null) || return 0
    [[ $said == *would* ]]
  else
    return 1
  fi
}

put_driver() {
  if [[ -n $config && ! -e $driver_config ]]; then
    put_file 0644 "$config" "$driver_config"
  fi
  if [[ -n $package ]]; then
    run -t 300 env DEBIAN_FRONTEND=noninteractive dpkg -i "$package" ||
      die "dpkg could not install $package. If something is missing: apt-get -f install" "dpkg 无法安装 $package；如果缺少依赖：apt-get -f install"
  elif [[ -n $driver && -n $dry ]]; then
    install_driver --dry-run
  elif [[ -n $driver ]]; then
    install_driver >"$work/driver" 2>&1 || die "the driver could not be installed: $(<"$work/driver")" "驱动安装失败：$(<"$work/driver")"
    while IFS= read -r line; do
      say "$line"
    done <"$work/driver"
  fi
}

verify_driver() {
  local dir answer
  [[ -z $dry ]] || return 0
  for dir in "${plugin_dirs[@]}"; do
    answer=$(timeout 20 "$dir/hyper~cephrbd/cephrbd" init 2>&1) || answer="(ended with $?) $answer"
    [[ $answer == *'"status":"Success"'* ]] || die "the driver in $dir does not answer as it should: $answer" "$dir 中的驱动应答不正常：$answer"
    [[ $answer != *'"message"'* ]] || warn "the driver works, but says: $answer" "驱动可用，但提示：$answer"
    say "the driver in $dir answers" "$dir 中的驱动应答正常"
  done
}
