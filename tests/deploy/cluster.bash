# shellcheck shell=bash
# A cluster of stubs on the node of stubs.bash, of the release that a test asks for.
# shellcheck disable=SC2154

fsid=4a4c83b0-5722-4cd8-815a-f7785deafaa2
# No real ones; the tests look for them where they must not be.
# shellcheck disable=SC2034
admin_key=AQAAAADMINADMINADMINADMINADMINADMIN8Q==
user_key=AQBBBBUSERUSERUSERUSERUSERUSERUSER9Q==
bootstrap_key=AQCCCCBOOTBOOTBOOTBOOTBOOTBOOTBOOT7Q==

# put_on_node PATH: stdin becomes a file that only root can read.
put_on_node() {
  mkdir -p "$upper${1%/*}"
  (umask 077 && cat >"$upper$1")
}

# cluster_new MAJOR: the node has its ceph.conf and admin key; three hosts with an OSD each.
cluster_new() {
  local version=$1.2.10
  printf '[global]\nfsid = %s\nmon host = 172.16.4.101\n' "$fsid" | put_on_node /etc/ceph/ceph.conf
  chmod 0644 "$upper/etc/ceph/ceph.conf"
  chmod 0755 "$upper/etc/ceph"
  printf '[client.admin]\n\tkey = %s\n' "$admin_key" | put_on_node /etc/ceph/ceph.client.admin.keyring
  answer 'ceph --version' "ceph version $version (0123456789abcdef)"
  answer 'ceph *fsid' "$fsid"
  answer 'ceph *mgr dump*' '    "available": true,'
  answer 'ceph *osd tree' "$(osd_tree 3 "$1")"
  answer 'ceph *crush rule dump*' '                "op": "chooseleaf_firstn",
                "num": 0,
                "type": "host"'
  : >"$stubs/pools"
  act 'ceph *osd dump' 'echo "epoch 7"; cat /run/stub/pools; echo "max_osd 3"'
  pool_rules
}

# osd_tree HOSTS MAJOR: with the columns of that release.
osd_tree() {
  local n class=''
  (($2 < 12)) || class='hdd '
  if [[ -z $class ]]; then
    printf 'ID WEIGHT  TYPE NAME      UP/DOWN REWEIGHT PRIMARY-AFFINITY\n-1 3.00000 root default\n'
  else
    printf 'ID CLASS WEIGHT  TYPE NAME      STATUS REWEIGHT PRI-AFF\n-1 3.00000 root default\n'
  fi
  for ((n = 0; n < $1; n++)); do
    printf '%d 1.00000     host node%d\n %d %s1.00000         osd.%d       up  1.00000          1.00000\n' \
      "$((-2 - n))" "$((n + 1))" "$n" "$class" "$n"
  done
}

# pool NAME PGS SIZE MIN_SIZE [APPLICATION]: one that is there.
pool() {
  printf "pool 1 '%s' replicated size %s min_size %s crush_ruleset 0 object_hash rjenkins pg_num %s pgp_num %s last_change 9 flags hashpspool stripe_width 0%s\n" \
    "$1" "$3" "$4" "$2" "$2" "${5:+ application $5}" >>"$stubs/pools"
}

# How the cluster changes when it is told to.
pool_rules() {
  # shellcheck disable=SC2016 # for the stub
  {
    act 'ceph *osd pool create *' 'set -- "${@:6}"; echo "pool 2 '"'"'$1'"'"' replicated size 3 min_size 2 crush_ruleset 0 pg_num $2 pgp_num $3 autoscale_mode on stripe_width 0" >>/run/stub/pools'
    act 'ceph *osd pool set *' 'set -- "${@:6}"; [[ $2 != pg_autoscale_mode ]] || set -- "$1" autoscale_mode "$3"; sed -i "/ '"'"'$1'"'"' /s/ $2 [^ ]*/ $2 $3/" /run/stub/pools'
    act 'ceph *osd pool delete *' 'sed -i "/ '"'"'$6'"'"' /d" /run/stub/pools'
    act 'ceph *pg ls-by-pool *' 'n=$(sed -n "s/.* '"'"'$5'"'"' .* pg_num \([0-9]*\) .*/\1/p" /run/stub/pools); while ((n-- > 0)); do echo "    \"state\": \"active+clean\","; done'
    act 'rbd pool init *' 'sed -i "/ '"'"'$3'"'"' /s/\$/ application rbd/" /run/stub/pools'
  }
}

# with_user CAPS-LINES…: client.cephrbd is in the cluster, its rights as Ceph prints them.
with_user() {
  local caps=''
  (($# == 0)) || printf -v caps '\tcaps %s\n' "$@"
  printf '[client.cephrbd]\n\tkey = %s\n%s' "$user_key" "$caps" >"$stubs/user"
}

# user_rules: auth get, get-or-create and caps, as Ceph does them.
user_rules() {
  # shellcheck disable=SC2016 # for the stub
  {
    act 'ceph *auth get client.cephrbd' '[[ -f /run/stub/user ]] || { echo "Error ENOENT: failed to find client.cephrbd in keyring" >&2; exit 2; }; cat /run/stub/user'
    act 'ceph *auth get-or-create client.cephrbd *' 'shift 5; { printf "[client.cephrbd]\n\tkey = '"$user_key"'\n"; while (($#)); do printf "\tcaps %s = \"%s\"\n" "$1" "${2//\"/\\\"}"; shift 2; done; } >/run/stub/user; head -n 2 /run/stub/user'
    act 'ceph *auth caps client.cephrbd *' 'shift 5; { head -n 2 /run/stub/user; while (($#)); do printf "\tcaps %s = \"%s\"\n" "$1" "$2"; shift 2; done; } >/run/stub/user2; mv /run/stub/user2 /run/stub/user; cat /run/stub/user'
  }
  answer 'ceph *auth get client.bootstrap-osd' "[client.bootstrap-osd]
	key = $bootstrap_key
	caps mon = \"allow profile bootstrap-osd\""
}

# ssh_hosts: ssh runs the script in another root folder's /etc/ceph and /var/lib/ceph.
ssh_hosts() {
  # shellcheck disable=SC2016 # for the stub
  act 'ssh *' 'while [[ $1 != -- ]]; do shift; done
    name=${2#root@}; shift 2
    [[ ! -e /run/stub/unreachable-$name ]] || { echo "ssh: connect to host $name port 22: No route to host" >&2; exit 255; }
    mkdir -p "/run/stub/hosts/$name/ceph" "/run/stub/hosts/$name/lib"
    tee "/run/stub/hosts/$name/script" | unshare -m bash -c "mount --bind /run/stub/hosts/$name/ceph /etc/ceph; mount --bind /run/stub/hosts/$name/lib /var/lib/ceph; exec \"\$@\"" sh "$@"
    exit "${PIPESTATUS[1]}"'
}

# daemons_new: what makes and runs Ceph's daemons: the user ceph, keys that differ each time,
# stores with a file in them, and a systemd that remembers.
daemons_new() {
  local file
  for file in passwd group; do
    mkdir -p "$upper/etc"
    { grep -v '^ceph:' "/etc/$file" && printf 'ceph:x:64045:64045::/var/lib/ceph:/usr/sbin/nologin\n' | cut -d : -f "$([[ $file == passwd ]] && echo 1-7 || echo 1-3,5)"; } >"$upper/etc/$file"
  done
  # shellcheck disable=SC2016 # for the stubs
  {
    act 'ceph-authtool --create-keyring *' 'printf "[%s]\n\tkey = AQ%sKEY==\n" "$5" "$(tr -d - </proc/sys/kernel/random/uuid)" >"$2"'
    act 'ceph-authtool --gen-print-key' 'printf "AQ%sKEY==\n" "$(tr -d - </proc/sys/kernel/random/uuid)"'
    act 'ceph-authtool * --import-keyring *' 'cat "$3" >>"$1"'
    act 'monmaptool *' ': >"${@: -1}"'
    act 'ceph-mon --mkfs *' 'while [[ $1 != --mon-data ]]; do shift; done; echo store >"$2/kv_backend"'
    act 'systemctl *' 'case $1 in
        is-enabled) [[ -e /run/stub/enabled-${@: -1} ]] ;;
        is-active) [[ -e /run/stub/active-${@: -1} ]] ;;
        enable) : >"/run/stub/enabled-$2" ;;
        start) : >"/run/stub/active-$2" ;;
        show) echo NeedDaemonReload=no ;;
        daemon-reload | reset-failed) ;;
        *) exit 99 ;;
      esac'
    act 'ceph *auth get mgr.*' 'exit 2'
    act 'ceph *auth get-or-create mgr.*' 'printf "[%s]\n\tkey = AQMGR==\n" "$5"'
  }
  answer 'ceph-mgr *'
  answer 'ceph *mgr stat' '{ "available": true, "active_name": "node1" }'
  answer 'ceph *mon stat' 'e1: 1 mons at {node1=172.16.4.101:6789/0}'
  answer 'ceph *auth get client.bootstrap-osd' "[client.bootstrap-osd]
	key = $bootstrap_key"
}

# named_node NAME ADDRESS: the node's name, and an address on its loopback.
named_node() {
  printf 'hostname %s\nip address add %s/24 dev lo\n' "$1" "$2" >"$stubs/before"
  mkdir -p "$upper/etc"
  printf '127.0.0.1 localhost\n%s %s\n' "$2" "$1" >"$upper/etc/hosts"
}
