#!/usr/bin/env bats
# deploy_compute_node.sh: order, what is put, what is kept, drain, no change, failure, rollback, kills.

load stubs
load node-common

setup() {
  compute_node
  # The node sees it there: all of the machine's files are below its own.
  first+=(--driver "$node_root/driver")
}
teardown() { node_check; }

# lines GLOB…: numbers of the first calls that hold each text; they have to rise.
in_order() {
  local text number last=0
  for text; do
    number=$(grep -nF -- "$text" "$stubs/calls" | head -n 1 | cut -d : -f 1)
    [[ -n $number ]] || {
      printf 'not called: %s\n' "$text" >&2
      return 1
    }
    ((number > last)) || {
      printf 'called too early: %s\n' "$text" >&2
      return 1
    }
    last=$number
  done
}

@test "a node with kubelet alone becomes a compute node, and all of it runs" {
  run node bash -c '"$@" && systemctl cat kubelet && hyperctl && cat /proc/*/cmdline | tr "\0" " "' - "${first[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'hyperd answers'
  has 'done: the node is ready'
  has "the driver in $plugins answers"
  has '--container-runtime=remote --container-runtime-endpoint=/var/run/frakti.sock --enable-controller-attach-detach=false'
  has '--listen=/var/run/frakti.sock --streaming-server-addr=node3 --hyper-endpoint=127.0.0.1:22318'
  in_order 'systemctl daemon-reload' 'systemctl enable hyperd.service' 'systemctl start hyperd.service' \
    'systemctl start frakti.service' 'systemctl start kubelet.service'
  grep -qx 'gRPCHost=127.0.0.1:22318' "$upper/etc/hyper/config"
  grep -qx 'Requires=hyperd.service' "$upper/etc/systemd/system/frakti.service"
  grep -qx 'After=frakti.service' "$upper/etc/systemd/system/kubelet.service.d/05-cephrbd-frakti.conf"
  cmp "$standins/frakti" "$upper/usr/bin/frakti"
  [[ $(stat -c %a "$upper/usr/bin/frakti") == 755 ]]
  cmp "$node_root/driver" "$upper$driver"
  [[ $(stat -c %a "$upper/var/log/cephrbd/deploy_compute_node.log") == 600 ]]
}

@test "a second run changes nothing and stops nothing" {
  run node bash -c '"$@" >/dev/null && echo >/run/stub/calls && find / -xdev -newermt @$(($(date +%s) + 1)) >/dev/null; sleep 1; touch /run/mark
    "$@"; echo "status $?"; find /etc /usr /var/lib -xdev -newer /run/mark ! -type d' - "${first[@]}"
  has 'no change: all was there and runs'
  has 'status 0'
  [[ ${lines[*]: -1} == 'status 0' ]] || {
    echo "$output"
    false
  }
  not_called 'systemctl stop'
  not_called 'systemctl start'
}

@test "what does not run is started, and nothing else is done" {
  run node bash -c '"$@" >/dev/null && systemctl stop frakti && "$@" && systemctl is-active frakti' - "${first[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'what did not run was started'
}

@test "a dry run shows the commands and changes nothing" {
  run node "${first[@]}" --dry-run
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'would put /usr/bin/hyperd'
  has "would install $driver"
  has 'would run: systemctl daemon-reload'
  has 'would run: systemctl start hyperd.service frakti.service kubelet.service'
  has 'a dry run: nothing was changed'
  [[ ! -e $upper/usr/bin/hyperd && ! -e $upper/var/lib/cephrbd && ! -e $upper/var/log/cephrbd ]]
}

@test "an admin's hyper config keeps its lines, and sections stay behind the key" {
  mkdir -p "$upper/etc/hyper"
  printf '# mine\nKernel=/var/lib/hyper/kernel\ngRPCHost=0.0.0.0:1\nHypervisor=libvirt\n[Log]\ngRPCHost=other\n' >"$upper/etc/hyper/config"
  chmod 0640 "$upper/etc/hyper/config"
  run node "${first[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  diff <(printf '# mine\nKernel=/var/lib/hyper/kernel\ngRPCHost=127.0.0.1:22318\nHypervisor=libvirt\n[Log]\ngRPCHost=other\n') "$upper/etc/hyper/config"
  [[ $(stat -c %a "$upper/etc/hyper/config") == 640 ]]
}

@test "a key that is missing stands before the first section" {
  mkdir -p "$upper/etc/hyper"
  printf 'Hypervisor=qemu\n[Log]\nLevel=3\n' >"$upper/etc/hyper/config"
  run node "${first[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  diff <(printf 'Hypervisor=qemu\ngRPCHost=127.0.0.1:22318\n[Log]\nLevel=3\n') "$upper/etc/hyper/config"
}

@test "an admin's own frakti unit and kubelet flags stay; only the order is added" {
  printf '[Service]\nExecStart=/usr/bin/frakti --listen=/var/run/frakti.sock\n' >"$upper/etc/systemd/system/frakti.service"
  printf '[Service]\nEnvironment="KUBELET_EXTRA_ARGS=--container-runtime=remote --container-runtime-endpoint=/var/run/frakti.sock"\n' \
    >"$upper/etc/systemd/system/kubelet.service.d/05-frakti.conf"
  cp "$upper/etc/systemd/system/frakti.service" "$node_root/frakti.service"
  run node "${first[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  cmp "$node_root/frakti.service" "$upper/etc/systemd/system/frakti.service"
  grep -qx 'Requires=hyperd.service' "$upper/etc/systemd/system/frakti.service.d/05-cephrbd.conf"
  [[ $(<"$upper/etc/systemd/system/kubelet.service.d/05-cephrbd-frakti.conf") != *KUBELET_EXTRA_ARGS* ]]
}

@test "an empty KUBELET_EXTRA_ARGS of /etc/default/kubelet would win over a drop-in: it is filled" {
  mkdir -p "$upper/etc/default"
  printf '# of the package\nKUBELET_EXTRA_ARGS=\n' >"$upper/etc/default/kubelet"
  run node bash -c '"$@" && cat /proc/*/cmdline | tr "\0" " "' - "${first[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  grep -qx '# of the package' "$upper/etc/default/kubelet"
  grep -q '^KUBELET_EXTRA_ARGS="--container-runtime=remote' "$upper/etc/default/kubelet"
  has 'kubelet.conf --container-runtime=remote'
}

@test "flags that an admin has set elsewhere are not overridden: it is said what to add" {
  mkdir -p "$upper/etc/default"
  printf 'KUBELET_EXTRA_ARGS=--v=2\n' >"$upper/etc/default/kubelet"
  run node "${first[@]}"
  ((status == 1))
  has 'kubelet-flags: KUBELET_EXTRA_ARGS is set in /etc/default/kubelet'
  has '--container-runtime-endpoint=/var/run/frakti.sock'
}

@test "kubelet from 1.24 on gets no --container-runtime, and one that has no CRI for frakti is refused" {
  printf 'version=1.25.3\n' >"$upper/etc/kubelet-standin"
  run node "${first[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  grep -q 'KUBELET_EXTRA_ARGS=--container-runtime-endpoint=unix:///var/run/frakti.sock' \
    "$upper/etc/systemd/system/kubelet.service.d/05-cephrbd-frakti.conf"
  printf 'version=1.29.0\n' >"$upper/etc/kubelet-standin"
  run node "${first[@]}"
  ((status == 1))
  has 'kubelet-version: kubelet is 1.29.0: from 1.26 on it speaks CRI v1 alone'
}

@test "all that is wrong is told at once, and can be waived by name" {
  rm "$upper/var/lib/hyper/kernel"
  printf 'version=1.30.1\n' >"$upper/etc/kubelet-standin"
  run node "${deploy[@]}" --frakti /nowhere --driver "$node_root/driver"
  ((status == 1))
  has 'binaries: there is no /nowhere'
  has 'there is no /usr/bin/hyperd: give one by --hyperd'
  has 'hyper-kernel: there is no /var/lib/hyper/kernel'
  has 'kubelet-version: '
  has 'checks that failed: 3. Nothing was changed'
  [[ ! -e $upper/etc/hyper ]]
  run node "${first[@]}" --skip hyper-kernel --skip kubelet-version --dry-run
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'hyper-kernel, waived'
}

@test "wrong arguments end with 2 and say what is wrong" {
  run node "${deploy[@]}" --nonsense
  ((status == 2))
  has '--nonsense is unknown'
  run node "${deploy[@]}" --skip nonsense
  ((status == 2))
  has 'there is no check nonsense'
  run node "${deploy[@]}" --driver a --driver-package b
  ((status == 2))
  run node "${deploy[@]}" --runtime host --frakti x
  ((status == 2))
  run node "${deploy[@]}" --node-name 'a b'
  ((status == 2))
}

@test "an admin who reads Chinese is told in Chinese" {
  rm "$upper/var/lib/hyper/kernel"
  run chinese_node "${first[@]}"
  ((status == 1))
  has '缺少 hyperd 的 Kernel'
  has '未做任何改动'
}

@test "the node is drained before and uncordoned after" {
  answer 'kubectl * get node * -o *' ''
  answer 'kubectl drain *' 'drained'
  answer 'kubectl drain --help' '  --delete-emptydir-data'
  answer 'kubectl * uncordon *' 'uncordoned'
  run node "${first[@]}" --node-name node3 --delete-emptydir-data
  ((status == 0)) || {
    echo "$output"
    false
  }
  in_order 'kubectl drain node3 --ignore-daemonsets --timeout=300s --delete-emptydir-data' 'systemctl daemon-reload' \
    'systemctl start kubelet.service' 'uncordon node3'
}

@test "a node that was cordoned before stays cordoned" {
  answer 'kubectl * get node * -o *' 'true'
  answer 'kubectl drain *' 'drained'
  run node "${first[@]}" --node-name node3
  ((status == 0)) || {
    echo "$output"
    false
  }
  called 'kubectl drain node3'
  not_called uncordon
}

@test "a drain that fails changes nothing and uncordons" {
  answer 'kubectl * get node * -o *' ''
  answer 'kubectl drain *' 'cannot delete Pods with local storage' 1
  answer 'kubectl * uncordon *' 'uncordoned'
  run node "${first[@]}" --node-name node3
  ((status == 1))
  has 'cannot delete Pods with local storage'
  has 'all is as it was before'
  called 'uncordon node3'
  [[ ! -e $upper/usr/bin/frakti && ! -e $upper$driver && ! -e $upper/var/lib/cephrbd/previous/node/now ]]
}

@test "without an API server, volumes in use are not taken from running pods" {
  run node "${first[@]}"
  cp "$standins/frakti" "$node_root/newer"
  printf '\n' >>"$node_root/newer"
  run node bash -c 'systemctl start hyperd; mkdir -p /var/lib/kubelet/pods/1/volumes/hyper~cephrbd/data
    echo "{}" >/var/lib/kubelet/pods/1/volumes/hyper~cephrbd/data/hyper-flexvolume.json; "$@"' - "${first[@]}" --frakti "$node_root/newer"
  ((status == 1))
  has 'in-use: volumes are in use, and this node cannot be drained from here (kubectl says: Unable to connect to the server)'
}

@test "hyperd that does not answer: all is put back and runs as before" {
  # The real hyperd without gRPCHost is like this one.
  printf '#!/bin/sh\nexec sleep 100\n' >"$node_root/mute"
  chmod 755 "$node_root/mute"
  run node env HYPERD="$node_root/mute" bash -c '"$@" >/dev/null && cp -a /etc/systemd/system /root/before
    "$@" --hyperd "$HYPERD" --patience 1; echo "status $?"
    for unit in hyperd frakti kubelet; do systemctl is-active $unit && echo "$unit is active"; done
    diff -r /etc/systemd/system /root/before && echo units are the same; hyperctl' - "${first[@]}"
  has 'hyperd does not answer on 127.0.0.1:22318 within 1 s; its last words: words of hyperd:'
  has 'all is as it was before'
  has 'status 1'
  has 'hyperd is active'
  has 'frakti is active'
  has 'kubelet is active'
  has 'units are the same'
  has 'hyperd answers'
  cmp "$standins/hyperd" "$upper/usr/bin/hyperd"
}

@test "a first deployment that fails leaves nothing" {
  printf '#!/bin/sh\nexit 1\n' >"$node_root/broken"
  chmod 755 "$node_root/broken"
  run node bash -c 'find /etc /usr -xdev ! -type d | sort >/root/1; "$@"; echo "status $?"
    find /etc /usr -xdev ! -type d | sort | comm -13 /root/1 - | sed "s/^/left: /"' - "${first[@]}" --frakti "$node_root/broken" --patience 1
  has 'frakti does not listen on /var/run/frakti.sock within 1 s'
  has 'status 1'
  has_not 'left: '
}

@test "a driver that does not answer ends it before anything is stopped" {
  printf '#!/bin/sh\n# GLIBC_2.17\necho broken\n' >"$node_root/driver"
  run node "${first[@]}"
  ((status == 1))
  has 'the driver does not answer as it should: broken'
  not_called 'systemctl stop'
  [[ ! -e $upper/usr/bin/frakti ]]
}

@test "rollback brings the previous set, and again the new one" {
  cp "$standins/frakti" "$node_root/newer"
  printf '# newer\n' >>"$node_root/newer"
  { plain_driver && echo '# newer'; } >"$node_root/driver2"
  run node env DIR="$node_root" OLD="$standins/frakti" DRIVER="$driver" bash -c 'first=("$@"); "${first[@]}" >/dev/null && "${first[@]}" --frakti "$DIR/newer" --driver "$DIR/driver2" >/dev/null &&
    cmp "$DIR/newer" /usr/bin/frakti && cmp "$DIR/driver2" "$DRIVER" &&
    "$1" --rollback && cmp "$OLD" /usr/bin/frakti && cmp "$DIR/driver" "$DRIVER" && systemctl is-active kubelet &&
    "$1" --rollback && cmp "$DIR/newer" /usr/bin/frakti && cmp "$DIR/driver2" "$DRIVER" && systemctl is-active frakti && echo all held' - "${first[@]}"
  has 'all held'
}

@test "rollback without a previous set says so" {
  run node "${deploy[@]}" --rollback
  ((status == 1))
  has 'there is nothing to go back to'
}

# The power goes at each of these calls; the next run ends well, and a rollback then leads back
# to what was there before both.
@test "a run that is killed is finished by the next one, and what was there before is not lost" {
  printf 'old\n' >"$upper/usr/bin/frakti"
  local at
  for at in 'systemctl daemon-reload' 'systemctl enable hyperd.service' 'systemctl start frakti.service' 'systemctl start kubelet.service'; do
    # shellcheck disable=SC2016 # the stub's
    act "$at" '[[ -e /run/stub/spared ]] || power_cut; . /run/stub/systemd "$@"'
    rm -f "$stubs/spared"
    run node "${first[@]}"
    ((status != 0)) || {
      echo "not killed at $at"
      false
    }
    [[ -d $upper/var/lib/cephrbd/previous/node/now ]]
    : >"$stubs/spared"
    run node "${first[@]}"
    ((status == 0)) || {
      echo "$at: $output"
      false
    }
    has 'an earlier run did not come to its end'
    run node "${deploy[@]}" --rollback
    ((status == 0)) || {
      echo "$at: $output"
      false
    }
    [[ $(<"$upper/usr/bin/frakti") == old ]]
    [[ ! -f $upper/usr/bin/hyperd || ! -s $upper/usr/bin/hyperd ]]
    rm -rf "$upper/var/lib/cephrbd"
  done
}

@test "runtime host: the driver and its config alone, nothing is stopped" {
  printf '{"runtime":"host"}\n' >"$node_root/config.json"
  printf '#!/bin/sh\n# GLIBC_2.17\necho %s\n' \''{"status":"Success","capabilities":{"attach":false,"fsGroup":true}}'\' >"$node_root/driver"
  chmod 755 "$node_root/driver"
  run node "${deploy[@]}" --runtime host --driver "$node_root/driver"
  ((status == 1))
  has 'driver-config: runtime host needs a config'
  run node bash -c '"$@" && "$@"' - "${deploy[@]}" --runtime host --driver "$node_root/driver" --config "$node_root/config.json"
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'done: the node is ready'
  has 'no change: the driver was there'
  cmp "$node_root/config.json" "$upper/etc/cephrbd/config.json"
  not_called 'systemctl stop'
  [[ ! -e $upper/etc/hyper && ! -e $upper/etc/systemd/system/hyperd.service ]]
}

@test "a config of the other runtime is refused" {
  printf '{"runtime":"host"}\n' >"$node_root/config.json"
  printf '#!/bin/sh\n# GLIBC_2.17\necho %s\n' \''{"status":"Success","capabilities":{"attach":false,"fsGroup":true}}'\' >"$node_root/driver"
  chmod 755 "$node_root/driver"
  run node "${first[@]}" --config "$node_root/config.json"
  ((status == 1))
  has 'says runtime host, this node is to have hyper'
}
