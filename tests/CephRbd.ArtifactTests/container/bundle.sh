# shellcheck shell=bash
# Runs the image by runc as a node would: with the rights that the DaemonSet asks for, read from
# it. Source it after watch.sh and image.sh. Times are in milliseconds.
# shellcheck disable=SC2034,SC2154

runc=(runc --root "$WORK/runc")
containers=()

now() {
  date +%s%3N
}

# within SECONDS COMMAND…: until the command succeeds.
within() {
  local deadline=$(($(now) + $1 * 1000))
  shift
  until "$@"; do
    (($(now) < deadline)) || return 1
    sleep 0.02
  done
}

# The runtime's default filter of system calls, for a container without capabilities.
seccomp_profile() {
  jq '{defaultAction, architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [.syscalls[] | select((.includes.caps // []) == [] and
      ((.includes.arches // ["amd64"]) | index("amd64")))
      | {names, action} + (if .args then {args} else {} end) + (if .errnoRet then {errnoRet} else {} end)]}' \
    /usr/share/containers/seccomp.json
}

# new_bundle NAME ARCH PLUGINS [KEEP]: $WORK/NAME with its root and config.json. The capabilities
# before the DaemonSet drops any are those that runtimes give.
new_bundle() {
  local to=$WORK/$1
  unpack_image "$2" "$to/rootfs"
  seccomp_profile >"$to/seccomp.json"
  yq . "$(package_file daemonset.yaml)" >"$to/daemonset.json"
  jq -n --slurpfile daemonset "$to/daemonset.json" --slurpfile seccomp "$to/seccomp.json" \
    --slurpfile image "$(config_of "$2")" --arg plugins "$3" --arg keep "${4:-}" --arg group "cephrbd-test-$$-$1" '
    def mebibytes: capture("^(?<n>[0-9]+)Mi$").n | tonumber * 1048576;
    $daemonset[0].spec.template.spec.containers[0] as $container | $container.securityContext as $rights
    | $image[0].config as $config
    | ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"] as $given
    | (if $rights.capabilities.drop == ["ALL"] then [] else $given - $rights.capabilities.drop end
        | map("CAP_" + .)) as $left
    | {
      ociVersion: "1.0.2", hostname: "node",
      process: {
        user: {uid: $rights.runAsUser, gid: $rights.runAsGroup}, cwd: $config.WorkingDir,
        args: $config.Entrypoint, env: ($config.Env + ["CEPHRBD_INTERVAL=1"]),
        capabilities: {bounding: $left, effective: $left, permitted: $left},
        noNewPrivileges: ($rights.allowPrivilegeEscalation | not)
      },
      root: {path: "rootfs", readonly: $rights.readOnlyRootFilesystem},
      mounts: ([
        {destination: "/proc", type: "proc", source: "proc"},
        {destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"]}
      ] + [$container.volumeMounts[] | {destination: .mountPath, type: "bind", source: $plugins, options: ["rbind", "rw"]}]
        + if $keep == "" then [] else [{destination: "/keep", type: "bind", source: $keep, options: ["rbind", "rw"]}] end),
      linux: {
        cgroupsPath: ("/" + $group),
        namespaces: (["pid", "mount", "network", "ipc", "uts"] | map({type: .})),
        seccomp: (if $rights.seccompProfile.type == "RuntimeDefault" then $seccomp[0] else null end),
        resources: {
          devices: [{allow: false, access: "rwm"}],
          memory: {limit: ($container.resources.limits.memory | mebibytes)}
        },
        maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
        readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
      }
    }' >"$to/config.json"
}

# change_config NAME FILTER: config.json by jq.
change_config() {
  jq "$2" "$WORK/$1/config.json" >"$WORK/$1/config.new"
  mv "$WORK/$1/config.new" "$WORK/$1/config.json"
}

# start NAME: its output goes to $WORK/NAME/log, its process id to $WORK/NAME/pid. A container's
# end is waited for by its runc, in $runner.
start() {
  containers+=("$1")
  rm -f "$WORK/$1/pid"
  "${runc[@]}" run --bundle "$WORK/$1" --pid-file "$WORK/$1/pid" "$1" >"$WORK/$1/log" 2>&1 </dev/null &
  runner=$!
}

# ended NAME SECONDS: waits for it, and sets $status.
ended() {
  within "$2" gone "$runner" || fail "$1 runs still after $2 s: $(<"$WORK/$1/log")"
  status=0
  wait "$runner" || status=$?
  "${runc[@]}" delete --force "$1" >/dev/null 2>&1 || true
}

gone() {
  [[ ! -e /proc/$1 || $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) == Z ]]
}

# inside NAME COMMAND…: what kubelet's exec does.
inside() {
  "${runc[@]}" exec "$@" </dev/null
}

is_ready() {
  inside "$1" /entrypoint.sh ready >/dev/null 2>&1
}

logged() {
  grep -qF -- "$2" "$WORK/$1/log"
}

need_log() {
  within "$3" logged "$1" "$2" || fail "the log of $1 does not say '$2' within $3 s: $(<"$WORK/$1/log")"
}

# kill_hard NAME: as the kernel does when memory runs out: all its processes at once.
kill_hard() {
  kill -KILL "$(<"$WORK/$1/pid")"
  ended "$1" 5
}

delete_containers() {
  local name
  for name in "${containers[@]}"; do
    "${runc[@]}" delete --force "$name" >/dev/null 2>&1 || true
  done
}

# visible DIR: the names that kubelet would look at, and those below.
visible() {
  (cd "$1" && find . -mindepth 1 -not -path '*/.*' | sort)
}

# need_driver DIR FILE: the plugin folder holds this driver, whole, root's, and nothing else.
need_driver() {
  local placed=$1/hyper~cephrbd/cephrbd
  cmp "$2" "$placed" || fail "$placed is not $2"
  [[ $(stat -c %a:%u:%g "$placed") == 755:0:0 ]] || fail "$placed has mode and owner $(stat -c %a:%u:%g "$placed")"
  [[ $(find "$1" -mindepth 1 | wc -l) == 2 ]] || fail "$1 holds more than the driver: $(find "$1" -mindepth 1)"
}
