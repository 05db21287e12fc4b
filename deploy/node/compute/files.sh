# shellcheck shell=bash
# What a compute node of runtime hyper gets besides the driver: programs, units, drop-ins, hyperd's
# config. All of it is made in a folder first, then compared, then put. Source it after services.sh.
# shellcheck disable=SC2154

hyper_config=/etc/hyper/config
want_paths=() want_modes=()

# want MODE PATH [FILE]: FILE, else what comes from stdin, is to be at PATH.
want() {
  local to=$work/want$2
  mkdir -p "${to%/*}"
  if [[ -n ${3:-} ]]; then
    cp "$3" "$to"
  else
    cat >"$to"
  fi
  want_paths+=("$2")
  want_modes+=("$1")
}

hyperd_unit() {
  cat <<TEXT
$our_mark
[Unit]
Description=hyperd, pods as virtual machines
Documentation=https://github.com/hyperhq/hyperd
After=network-online.target libvirtd.service libvirt-bin.service
Wants=network-online.target

[Service]
ExecStartPre=/bin/mkdir -p /var/log/hyper
ExecStart=$bin_dir/hyperd --log_dir=/var/log/hyper
# Started is who answers: frakti comes next, and ends if it finds nobody.
ExecStartPost=/bin/bash -c 'for i in {1..$((patience * 4))}; do (exec 3<>/dev/tcp/127.0.0.1/22318) 2>/dev/null && exit 0; sleep 0.25; done; echo "hyperd does not answer on $hyper_address"; exit 1'
TimeoutStartSec=$((patience + 30))
LimitNOFILE=1048576
LimitNPROC=1048576
LimitCORE=infinity
TasksMax=infinity
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
TEXT
}

# No MountFlags: frakti has to see what the driver mounts for each pod.
frakti_unit() {
  cat <<TEXT
$our_mark
[Unit]
Description=frakti, container runtime for pods as virtual machines
Documentation=https://github.com/kubernetes/frakti
After=network-online.target hyperd.service docker.service
Wants=network-online.target
Requires=hyperd.service

[Service]
ExecStartPre=/bin/mkdir -p /var/log/frakti
ExecStartPre=/bin/rm -f $frakti_socket
ExecStart=$bin_dir/frakti --v=3 --logtostderr=false --log-dir=/var/log/frakti --cgroup-driver=$cgroup_driver --listen=$frakti_socket --streaming-server-addr=$streaming_address --hyper-endpoint=$hyper_address
ExecStartPost=/bin/bash -c 'for i in {1..$((patience * 4))}; do [[ -S $frakti_socket ]] && exit 0; sleep 0.25; done; echo "frakti does not listen on $frakti_socket"; exit 1'
TimeoutStartSec=$((patience + 30))
LimitNOFILE=1048576
LimitNPROC=1048576
LimitCORE=infinity
TasksMax=infinity
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
TEXT
}

# hyper_config_text: the admin's file with the one line that frakti needs. A key behind a [section]
# would be another key.
hyper_config_text() {
  if [[ ! -f $hyper_config ]]; then
    printf '%s\n' "Kernel=/var/lib/hyper/kernel" "Initrd=/var/lib/hyper/hyper-initrd.img" \
      "Hypervisor=$hypervisor" "StorageDriver=$storage_driver" "gRPCHost=$hyper_address"
    return 0
  fi
  awk -v line="gRPCHost=$hyper_address" '
    /^[[:space:]]*\[/ { if (!done) print line; done = 1; section = 1 }
    /^[[:space:]]*gRPCHost[[:space:]]*=/ && !section { if (!done) print line; done = 1; next }
    { print }
    END { if (!done) print line }' "$hyper_config"
}

# docker's, since frakti hands it the pods that cannot be VMs; else kubelet's default.
find_cgroup_driver() {
  [[ -z $cgroup_driver ]] || return 0
  cgroup_driver=$(timeout 10 docker info 2>/dev/null | sed -n 's/^ *Cgroup Driver: *//p') || true
  [[ $cgroup_driver == systemd ]] || cgroup_driver=cgroupfs
}

# find_flags: where kubelet's flags for frakti have to stand. An EnvironmentFile wins over a
# drop-in's Environment, also with an empty value.
find_flags() {
  local text file value
  flags="--container-runtime=remote --container-runtime-endpoint=$frakti_socket"
  [[ -z $kubelet_version ]] || older "$kubelet_version" 1.24 || flags="--container-runtime-endpoint=unix://$frakti_socket"
  flags+=' --enable-controller-attach-detach=false'
  flags_state=drop-in flags_where=''
  text=$(unit_text kubelet)
  if grep -q 'frakti\.sock' <<<"$text"; then
    flags_state=there
    return 0
  fi
  while IFS= read -r file; do
    [[ -f $file ]] || continue
    grep -q '^[[:space:]]*KUBELET_EXTRA_ARGS=' "$file" || continue
    value=$(sed -n "s/^[[:space:]]*KUBELET_EXTRA_ARGS=//p" "$file" | tail -n 1 | tr -d "\"'[:space:]")
    flags_where=$file
    case $value in
      *frakti.sock*) flags_state=there ;;
      '') flags_state=env-file ;;
      *) flags_state=set-elsewhere ;;
    esac
  done < <(sed -n 's/^EnvironmentFile=-\{0,1\}//p' <<<"$text")
  [[ $flags_state == drop-in ]] || return 0
  if grep -Eq '^Environment=.*KUBELET_EXTRA_ARGS=[^"'\''[:space:]]' <<<"$text"; then
    flags_state=set-elsewhere flags_where=$(t 'another drop-in (systemctl cat kubelet)' '另一个 drop-in（systemctl cat kubelet）')
  elif ! grep -Eq '^ExecStart=.*KUBELET_EXTRA_ARGS' <<<"$text"; then
    flags_state=unused
  fi
}

gather_wanted() {
  local program unit
  find_cgroup_driver
  for program in frakti hyperd hyperctl; do
    # One that is not there is told by a check.
    [[ ! -f ${given[$program]:-} ]] || want 0755 "$bin_dir/$program" "${given[$program]}"
  done
  for unit in hyperd frakti; do
    if own_unit "$unit"; then
      want 0644 "$units_dir/$unit.service.d/05-cephrbd.conf" < <("${unit}_order")
    else
      want 0644 "$units_dir/$unit.service" < <("${unit}_unit")
    fi
  done
  want "$(mode_of "$hyper_config")" "$hyper_config" < <(hyper_config_text)
  want 0644 "$kubelet_drop_in" < <(kubelet_drop_in_text)
  [[ $flags_state != env-file ]] || want "$(mode_of "$flags_where")" "$flags_where" < <(
    sed "s|^[[:space:]]*KUBELET_EXTRA_ARGS=.*|KUBELET_EXTRA_ARGS=\"$flags\"|" "$flags_where"
  )
}

mode_of() { stat -c 0%a "$1" 2>/dev/null || echo 0644; }

# Beside an admin's own unit only the order is ours.
hyperd_order() { printf '%s\n' "$our_mark" '[Unit]' 'After=libvirtd.service libvirt-bin.service'; }
frakti_order() { printf '%s\n' "$our_mark" '[Unit]' 'After=hyperd.service' 'Requires=hyperd.service'; }

kubelet_drop_in_text() {
  printf '%s\n' "$our_mark" '[Unit]' 'After=frakti.service' 'Wants=frakti.service'
  [[ $flags_state != drop-in ]] || printf '\n[Service]\nEnvironment="KUBELET_EXTRA_ARGS=%s"\n' "$flags"
}

# wanted_differs: whether anything of it is not there yet.
wanted_differs() {
  local i
  for ((i = 0; i < ${#want_paths[@]}; i++)); do
    same "$work/want${want_paths[i]}" "${want_paths[i]}" && [[ $(stat -c %a "${want_paths[i]}") == "${want_modes[i]#0}" ]] || return 0
  done
  return 1
}

put_wanted() {
  local i
  for ((i = 0; i < ${#want_paths[@]}; i++)); do
    put_file "${want_modes[i]}" "$work/want${want_paths[i]}" "${want_paths[i]}"
  done
  run systemctl daemon-reload || die 'systemd could not read its units anew' 'systemd 无法重新读取 unit'
}
