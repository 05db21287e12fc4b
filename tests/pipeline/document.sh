# shellcheck shell=bash
# docs/deployment.md, block by block, as it is typed; and each again. Needs lib.sh.
# shellcheck disable=SC2154

blocks=$root/deploy/lab/nodes/blocks.sh

# run_block CODE NODE…: on all of them at the same time, each one's words in a file of its own.
run_block() {
  local code=$1 node status=0
  local -A running=()
  shift
  for node; do
    if [[ $node == guest ]]; then
      run_in_guest "$code" >"$work/said.guest" 2>&1 &
    else
      sh_on "$node" "$code" >"$work/said.$node" 2>&1 &
    fi
    running[$node]=$!
  done
  for node; do
    wait "${running[$node]}" || {
      status=$?
      printf '%s ended with %d\n' "$node" "$status"
    }
    sed "s/^/$node: /" "$work/said.$node"
  done
  return "$status"
}

# scripts_of CODE: how many of the project's scripts it calls.
scripts_of() { grep -cE '/opt/cephrbd/(ceph|node)/' <<<"$1" || true; }

# Each script says that there was nothing to do, on each node.
run_again() {
  local code=$1 node wanted seen
  shift
  wanted=$(scripts_of "$code")
  run_block "$code" "$@"
  for node; do
    seen=$(grep -c '^no change: ' "$work/said.$node") || true
    ((seen == wanted)) || fail "on $node $seen of $wanted scripts said 'no change'"
  done
}

# What must never change once it is there.
identity() {
  sh_on node1 'sha256sum /etc/ceph/ceph.client.admin.keyring; sed -n "s/^fsid//p" /etc/ceph/ceph.conf; ceph osd ls | tr "\n" " "
    ceph auth get-key client.cephrbd | sha256sum'
}

before_block() {
  case $1 in
    *7_floating_ip.sh*) need 'FAQ 3: nobody has the address of the API server, and doctor says what to do' faq3_reproduced ;;
  esac
}

after_block() {
  case $1 in
    *7_floating_ip.sh*) need 'FAQ 3: the remedy helps' finds node1 api-server ok ;;
  esac
}

follow_document() {
  local document=$1 number line names options code
  while IFS=$'\t' read -r number line names options; do
    code=$("$blocks" show "$document" "$number")
    limit=120
    # shellcheck disable=SC2034 # for on
    [[ $options != *seconds=* ]] || limit=${options##*seconds=}
    before_block "$code"
    # shellcheck disable=SC2086 # names of nodes
    need "line $line, on $names: $(grep -oE '[0-9a-z_]+\.sh|^(ceph|cephrbd) [a-z]+' <<<"$code" | paste -sd' ')" run_block "$code" $names
    if (($(scripts_of "$code") > 0)) && [[ $code != *7_test_rbd.sh* && $code != *rm\ * ]]; then
      # shellcheck disable=SC2086
      try "line $line again: no change" run_again "$code" $names
    fi
    after_block "$code"
  done < <("$blocks" list "$document")
}

# Once more when all stands: what made the cluster makes no other.
follow_once_more() {
  local before after
  before=$(identity)
  says 'no change: ' sh_on node1 '/opt/cephrbd/ceph/1_ceph_bootstrap_mon.sh 172.16.4.101 24 172.16.4.101 24'
  says 'no change: ' sh_on node1 '/opt/cephrbd/ceph/3_ceph_add_osd.sh /vespace/chain/data-9908b8a2-08c0-44b5-8da1-876f8a8c7d36'
  says 'no change: ' sh_on node1 '/opt/cephrbd/ceph/5_create_hyper_pool.sh 64'
  says 'no change: ' sh_on node2 '/opt/cephrbd/ceph/2_ceph_prepare_osd_disks.sh /dev/sdb; /opt/cephrbd/ceph/3_ceph_add_osd.sh /dev/sdb'
  after=$(identity)
  [[ $before == "$after" ]] || fail "before: $before; after: $after"
}

# No key where others can read: in logs, arguments, or files wider than 0600.
no_key_told() {
  local node
  for node in $(bench status | awk '$1 ~ /^node/ { print $1 }'); do
    # The keys themselves stay on the node: they are looked for there.
    # shellcheck disable=SC2016 # for the node's shell
    sh_on "$node" '
      for file in $(find /etc/ceph /var/lib/ceph /srv/ceph /vespace -xdev -name "*keyring" -type f 2>/dev/null; find /srv/ceph /vespace -name keyring -type f 2>/dev/null); do
        [ "$(stat -c %a "$file")" = 600 ] || echo "$file has mode $(stat -c %a "$file")"
        sed -n "s/.*key = //p" "$file"
      done | sort -u >/run/keys
      [ -s /run/keys ]
      [ "$(grep -c " has mode " /run/keys || true)" = 0 ] || { cat /run/keys; exit 1; }
      # The output, not the status: that is 2 where one of the folders is not there.
      found=$(grep -rlF -f /run/keys /var/log /tmp /var/tmp /etc/systemd /etc/cephrbd /root /srv/ceph/*/ceph-osd/cephrbd.fsid 2>/dev/null || true)
      [ -z "$found" ] || { echo "a key stands in: $found"; exit 1; }
      [ "$(journalctl -q --no-pager | grep -cF -f /run/keys || true)" = 0 ] || { echo "a key stands in the journal"; exit 1; }
      rm /run/keys'
  done
}
