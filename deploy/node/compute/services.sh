# shellcheck shell=bash
# The three services: their units as systemd has them, stopping, starting, and whether they answer.
# Source it after lib.sh.
# shellcheck disable=SC2154

units_dir=/etc/systemd/system
kubelet_drop_in=$units_dir/kubelet.service.d/05-cephrbd-frakti.conf
our_mark='# Made by cephrbd, deploy_compute_node.sh; it is replaced by the next run.'
hyper_address=127.0.0.1:22318
frakti_socket=/var/run/frakti.sock

unit_known() { timeout 20 systemctl cat "$1.service" >/dev/null 2>&1; }
unit_active() { timeout 20 systemctl --quiet is-active "$1.service"; }
# Also one that is about to run: after a reboot, or between two attempts.
unit_wanted() { [[ $(timeout 20 systemctl is-active "$1.service") =~ ^(active|activating|reloading)$ ]]; }
unit_enabled() { timeout 20 systemctl --quiet is-enabled "$1.service" 2>/dev/null; }

# unit_text UNIT: its file and drop-ins without ours, continued lines joined.
unit_text() {
  timeout 20 systemctl cat "$1.service" 2>/dev/null |
    awk -v ours="# $kubelet_drop_in" '/^# \// { skip = ($0 == ours) } !skip' |
    sed -e ':a' -e '/\\$/N; s/\\\n[[:space:]]*/ /; ta'
}

# own_unit UNIT: whether an admin or a package has put a unit that is not ours.
own_unit() {
  local path
  path=$(timeout 20 systemctl show -p FragmentPath "$1.service" 2>/dev/null) || path=
  path=${path#FragmentPath=}
  [[ -n $path && -f $path ]] && ! grep -qxF "$our_mark" "$path"
}

main_pid() {
  local pid
  pid=$(timeout 20 systemctl show -p MainPID "$1.service")
  printf '%s' "${pid#MainPID=}"
}

stop_services() {
  local unit
  for unit in kubelet frakti hyperd; do
    ! unit_wanted "$unit" || run -t 180 systemctl stop "$unit.service" ||
      die "$unit could not be stopped: see systemctl status $unit" "无法停止 $unit：请查看 systemctl status $unit"
  done
}

hyperd_answers() { timeout 2 bash -c '</dev/tcp/127.0.0.1/22318' 2>/dev/null; }

# Somebody listens there: the kernel's table has the flag of a listening socket. Its name may be
# with /var/run or /run.
frakti_answers() {
  [[ -S $frakti_socket ]] || return 1
  awk '$4 == "00010000" && ($8 == "/var/run/frakti.sock" || $8 == "/run/frakti.sock") { found = 1 } END { exit !found }' /proc/net/unix
}

# steady UNIT: it is active, and not a new process after a while: one that fails at once and is
# started again looks active, too.
steady() {
  local pid
  unit_active "$1" || return 1
  pid=$(main_pid "$1")
  sleep "$settle"
  unit_active "$1" && [[ $(main_pid "$1") == "$pid" ]]
}

unit_words() {
  timeout 20 journalctl -u "$1.service" -n 5 --no-pager -o cat 2>/dev/null || printf '(no journal)'
}

start_one() {
  run -t $((patience + 60)) systemctl start "$1.service" ||
    die "$1 does not start; its last words: $(unit_words "$1")" "$1 无法启动，最后的日志：$(unit_words "$1")"
}

# start_services: each is there for the next one before that is started.
start_services() {
  [[ -z $dry ]] || {
    would systemctl start hyperd.service frakti.service kubelet.service
    return 0
  }
  start_one hyperd
  wait_for "$patience" hyperd_answers ||
    die "hyperd does not answer on $hyper_address within $patience s; its last words: $(unit_words hyperd)" \
      "hyperd 在 $patience 秒内没有在 $hyper_address 应答，最后的日志：$(unit_words hyperd)"
  start_one frakti
  wait_for "$patience" frakti_answers ||
    die "frakti does not listen on $frakti_socket within $patience s; its last words: $(unit_words frakti)" \
      "frakti 在 $patience 秒内没有监听 $frakti_socket，最后的日志：$(unit_words frakti)"
  start_one kubelet
  verify_services
}

verify_services() {
  local unit
  for unit in hyperd frakti kubelet; do
    steady "$unit" || die "$unit does not keep running; its last words: $(unit_words "$unit")" "$unit 没有保持运行，最后的日志：$(unit_words "$unit")"
    say "$unit runs" "$unit 运行正常"
  done
}

all_run() {
  local unit
  for unit in hyperd frakti kubelet; do
    unit_active "$unit" && unit_enabled "$unit" || return 1
  done
}

enable_services() {
  local unit
  for unit in hyperd frakti kubelet; do
    unit_enabled "$unit" || run systemctl enable "$unit.service" ||
      die "$unit could not be enabled: it would not come back after a reboot" "无法启用 $unit：重启后它不会自动启动"
  done
}

# --- the API server

kubectl_find() {
  kubectl=(kubectl --request-timeout=5s)
  if [[ -n $kubeconfig ]]; then
    kubectl+=(--kubeconfig "$kubeconfig")
  elif [[ -z ${KUBECONFIG:-} && ! -f ${HOME:-/root}/.kube/config && -f /etc/kubernetes/admin.conf ]]; then
    kubectl+=(--kubeconfig /etc/kubernetes/admin.conf)
  fi
}

# will_drain: whether this run can take the pods off; else why not, in drain_why.
will_drain() {
  [[ -z $drain_known ]] || return "$drain_known"
  drain_known=1
  kubectl_find
  if [[ -n $no_drain ]]; then
    drain_why=$(t '--no-drain was given' '使用了 --no-drain')
  elif [[ -n $(missing kubectl) ]]; then
    drain_why=$(t 'there is no kubectl' '没有 kubectl')
  elif ! drain_said=$(timeout 10 "${kubectl[@]}" get node "$node_name" -o 'jsonpath={.spec.unschedulable}' 2>&1); then
    drain_why=$(t "kubectl says: ${drain_said##*$'\n'}" "kubectl 报告：${drain_said##*$'\n'}")
  else
    drain_known=0
  fi
  return "$drain_known"
}

# drain: what this run cordons it uncordons, also if it is killed and run again.
drain() {
  local arguments=(drain "$node_name" --ignore-daemonsets "--timeout=${drain_seconds}s")
  if ! will_drain; then
    warn "the node is not drained: $drain_why" "节点未排空：$drain_why"
    return 0
  fi
  if [[ -n $delete_empty_dir ]]; then
    if timeout 10 kubectl drain --help 2>/dev/null | grep -q -- --delete-emptydir-data; then
      arguments+=(--delete-emptydir-data)
    else
      arguments+=(--delete-local-data)
    fi
  fi
  if [[ -z $dry && $drain_said != true ]]; then
    printf '%s\n' "$node_name" >"$now/cordoned"
  fi
  # The request's own time limit is not the drain's.
  run -t $((drain_seconds + 30)) kubectl "${kubectl[@]:2}" "${arguments[@]}" ||
    die "the node could not be drained. If pods with emptyDir are in the way, and their data may go: --delete-emptydir-data" \
      '无法排空节点。若因 pod 使用 emptyDir 且其数据可以丢弃：--delete-emptydir-data'
}

# uncordon: true also if there is nothing to do.
uncordon() {
  [[ -f $now/cordoned ]] || return 0
  kubectl_find
  run -t 60 "${kubectl[@]}" uncordon "$(<"$now/cordoned")" || {
    warn "the node is still cordoned: kubectl uncordon $(<"$now/cordoned")" "节点仍处于不可调度状态：kubectl uncordon $(<"$now/cordoned")"
    return 1
  }
  rm -f "$now/cordoned"
}
