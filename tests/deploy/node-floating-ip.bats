#!/usr/bin/env bats
# 7_floating_ip.sh, in a network of two nodes: the tried one, and a neighbour of the same network.

load stubs
load node-common

setup() {
  node_new
  script=$scripts/7_floating_ip.sh
  cp "$BATS_TEST_DIRNAME/systemd-standin" "$stubs/systemd"
  # shellcheck disable=SC2016 # the stub's
  act 'systemctl *' '. /run/stub/systemd "$@"'
  act 'systemctl daemon-reload' 'exit 0'
  # The neighbour is a network namespace of its own; both end with the command.
  # The neighbour is a network namespace of its own; both end with the command. Its number is that
  # of the node's processes, so it is looked up in the node's /proc and in no other.
  cat >"$stubs/before" <<'NET'
unshare -n sleep 300 &
neighbour=$root/proc/$!/ns/net
for ((i = 0; i < 200; i++)); do
  [[ $(readlink "$neighbour") == "$(readlink "$root/proc/self/ns/net")" ]] || break
  sleep 0.02
done
[[ $(readlink "$neighbour") == net:* && $(readlink "$neighbour") != "$(readlink "$root/proc/self/ns/net")" ]]
ip link add eth0 type veth peer name peer0
ip link set peer0 netns "$!"
ip address add 172.16.4.101/24 dev eth0
ip link set eth0 up
nsenter --net="$neighbour" ip link set peer0 name eth0
nsenter --net="$neighbour" ip address add 172.16.4.102/24 dev eth0
nsenter --net="$neighbour" ip link set eth0 up
[[ ! -e $node_root/run/taken ]] || nsenter --net="$neighbour" ip address add 172.16.4.250/24 dev eth0
NET
}
teardown() { node_check; }

# without_arping: only the other arping is there; what the kernel knows of its neighbours has to do.
without_arping() { answer 'arping *' 'ARPing 2.23, by Thomas Habets'; }

show='ip -4 -o address show dev eth0 | grep -o "172[^ ]*" | tr "\n" " "'

@test "the address is set, and by a unit after each reboot; again, nothing changes" {
  without_arping
  run node bash -c '"$@" && "$@" && '"$show" - "$script" 172.16.4.250/24 eth0
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'done: eth0 has 172.16.4.250, also after a reboot'
  has 'no change: eth0 has 172.16.4.250'
  has '172.16.4.101/24 172.16.4.250/24'
  grep -q '^ExecStart=.*ip address replace 172.16.4.250/24 dev eth0$' "$upper/etc/systemd/system/cephrbd-floating-ip-172.16.4.250.service"
  called 'systemctl enable cephrbd-floating-ip-172.16.4.250.service'
}

@test "an address that another machine answers on is refused" {
  without_arping
  : >"$node_root/run/taken"
  run node bash -c '"$@"; echo "status $?"; '"$show" - "$script" 172.16.4.250/24 eth0
  has 'duplicate: another machine, '
  has 'status 1'
  has_not '172.16.4.250/24'
}

@test "with arping of iputils it asks that, and has it ask at each start" {
  answer 'arping -V' 'arping from iputils 20190709'
  answer 'arping -D *' 'Unicast reply from 172.16.4.250 [AA:BB:CC:DD:EE:FF]  0.7ms'
  run node "$script" 172.16.4.250/24 eth0
  ((status == 1))
  has 'another machine, aa:bb:cc:dd:ee:ff, answers on 172.16.4.250'
  answer 'arping -D *'
  answer 'arping -U *'
  run node "$script" 172.16.4.250/24 eth0
  ((status == 0)) || {
    echo "$output"
    false
  }
  grep -q '^ExecStartPre=.*arping -D -q -c 2 -w 3 -I eth0 172.16.4.250$' "$upper/etc/systemd/system/cephrbd-floating-ip-172.16.4.250.service"
  grep -q '^ExecStartPost=-.*arping -U' "$upper/etc/systemd/system/cephrbd-floating-ip-172.16.4.250.service"
}

@test "it is taken away again" {
  without_arping
  run node bash -c '"$@" && "$@" --remove && "$@" --remove && '"$show" - "$script" 172.16.4.250/24 eth0
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'done: 172.16.4.250 is gone from this node'
  has 'no change: 172.16.4.250 was not there'
  [[ ${lines[*]: -1} != *172.16.4.250* ]]
  [[ ! -f $upper/etc/systemd/system/cephrbd-floating-ip-172.16.4.250.service ]]
}

@test "one that was set by hand, as before, is kept by the unit" {
  without_arping
  run node bash -c 'ip address add 172.16.4.250/24 dev eth0; "$@" && '"$show" - "$script" 172.16.4.250/24 eth0
  ((status == 0)) || {
    echo "$output"
    false
  }
  has '172.16.4.250/24'
}

@test "a dry run shows the commands and changes nothing" {
  without_arping
  run node bash -c '"$@" && '"$show" - "$script" 172.16.4.250/24 eth0 --dry-run
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'would put /etc/systemd/system/cephrbd-floating-ip-172.16.4.250.service'
  has 'would run: systemctl enable'
  [[ ${lines[*]: -1} != *172.16.4.250* ]]
  [[ ! -e $upper/etc/systemd/system/cephrbd-floating-ip-172.16.4.250.service ]]
}

@test "what is wrong is told together" {
  without_arping
  run node bash -c 'ip address add 10.9.9.9/24 dev lo; "$@"' - "$script" 10.9.9.9/24 eth9
  ((status == 1))
  has 'device: there is no network device eth9'
  has 'network: eth9 has no other address in the network of 10.9.9.9'
  has 'elsewhere: 10.9.9.9 is on lo of this node'
  run node "$script" 172.16.4.250 eth0
  ((status == 2))
  run node "$script" 172.16.4.256/24 eth0
  ((status == 2))
  run node "$script" 172.16.4.250/33 eth0
  ((status == 2))
  run node "$script" 172.16.4.250/24 'eth0;reboot'
  ((status == 2))
  run node "$script" 172.16.4.250/24 eth0 --keepalived --router-id 51
  ((status == 2))
}

@test "keepalived gets a file of its own, and the admin's file one line" {
  without_arping
  answer 'keepalived *'
  for verb in enable reload-or-restart is-enabled is-active; do
    answer "systemctl *$verb*keepalived*"
  done
  # keepalived of the neighbour has it: its address is that of a peer.
  : >"$node_root/run/taken"
  mkdir -p "$upper/etc/keepalived"
  printf 'global_defs {\n}\n' >"$upper/etc/keepalived/keepalived.conf"
  printf 'Word1\n' >"$node_root/word"
  chmod 600 "$node_root/word"
  call=("$script" 172.16.4.250/24 eth0 --keepalived --router-id 51 --priority 90 --peer 172.16.4.102 --auth-file "$node_root/word")
  run node bash -c '"$@" && "$@"' - "${call[@]}"
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'done: keepalived looks after 172.16.4.250; another node has it now'
  has 'no change: keepalived looks after 172.16.4.250'
  snippet=$upper/etc/keepalived/cephrbd-floating-ip-172.16.4.250.conf
  diff - "$snippet" <<'CONF'
# Made by cephrbd, 7_floating_ip.sh
vrrp_instance cephrbd_172_16_4_250 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 90
  advert_int 1
  unicast_src_ip 172.16.4.101
  unicast_peer {
    172.16.4.102
  }
  authentication {
    auth_type PASS
    auth_pass Word1
  }
  virtual_ipaddress {
    172.16.4.250/24 dev eth0
  }
}
CONF
  [[ $(stat -c %a "$snippet") == 600 ]]
  diff <(printf 'global_defs {\n}\ninclude /etc/keepalived/cephrbd-floating-ip-172.16.4.250.conf\n') "$upper/etc/keepalived/keepalived.conf"
  secretly Word1
  run node "$script" 172.16.4.250/24 eth0 --remove
  ((status == 0)) || {
    echo "$output"
    false
  }
  diff <(printf 'global_defs {\n}\n') "$upper/etc/keepalived/keepalived.conf"
  [[ ! -f $snippet ]]
}

@test "without an admin's file, keepalived's own is made, and goes again" {
  without_arping
  answer 'keepalived *'
  for verb in enable disable reload-or-restart is-enabled is-active; do
    answer "systemctl *$verb*keepalived*"
  done
  act 'systemctl reload-or-restart keepalived' 'ip address add 172.16.4.250/24 dev eth0'
  run node "$script" 172.16.4.250/24 eth0 --keepalived --router-id 51 --priority 90 --peer 172.16.4.102
  ((status == 0)) || {
    echo "$output"
    false
  }
  has 'this node has it now'
  run node "$script" 172.16.4.250/24 eth0 --remove
  ((status == 0)) || {
    echo "$output"
    false
  }
  called 'systemctl disable --now keepalived'
  [[ ! -f $upper/etc/keepalived/keepalived.conf ]]
}

@test "a run that is killed is finished by the next one" {
  without_arping
  local at
  for at in 'systemctl daemon-reload' 'systemctl enable *' 'systemctl start *'; do
    # shellcheck disable=SC2016 # the stub's
    act "$at" '[[ -e /run/stub/spared ]] || power_cut; . /run/stub/systemd "$@"'
    rm -f "$stubs/spared"
    run node "$script" 172.16.4.250/24 eth0
    ((status != 0)) || {
      echo "not killed at $at"
      false
    }
    : >"$stubs/spared"
    run node bash -c '"$@" && '"$show" - "$script" 172.16.4.250/24 eth0
    ((status == 0)) || {
      echo "$at: $output"
      false
    }
    has '172.16.4.250/24'
  done
}

@test "an admin who reads Chinese is told in Chinese" {
  without_arping
  : >"$node_root/run/taken"
  run chinese_node "$script" 172.16.4.250/24 eth0
  ((status == 1))
  has '正在使用 172.16.4.250'
}
