# shellcheck shell=bash
# The place where all is measured: a cluster in a network namespace of its own, a folder with the
# programs, configs of both runtimes, and images. Needs load.sh's settings, common.sh and figures.sh.
# shellcheck disable=SC2154

compile() {
  local program
  for program in spawn baseline load/storm load/delay load/images; do
    gcc -O2 -Wall -Wextra -Werror -o "$place/${program##*/}" "$root/bench/$program.c" -lrbd -lrados -lpthread
  done
}

# near COMMAND…: in the network of the cluster; far COMMAND…: at the other end of the wire. Mounts
# are this machine's, unlike those under `ip netns exec`.
near() {
  nsenter --net="/run/netns/$net" -- "$@"
}

far() {
  nsenter --net="/run/netns/$net_far" -- "$@"
}

# measure near|far ARG…: spawn, in the place, whose spec files are named without their folder.
measure() {
  local where=$1
  shift
  attended "$where" env -C "$place" ./spawn "$@"
}

admin() {
  near timeout -k 5 120 "$1" -c "$place/lab/ceph.conf" "${@:2}"
}

# driver_config FILE RUNTIME FOLDER SECONDS [POOL]: FOLDER is where logs and the like go.
driver_config() {
  cat >"$place/$1" <<JSON
{
  "runtime": "$2",
  "pool": "${5:-hyper}",
  "user": "${entity#client.}",
  "confFile": "$place/lab/ceph.conf",
  "keyringFile": "$place/lab/ceph.$entity.keyring",
  "timeoutSeconds": $4,
  "logFile": "$([[ $2 == host ]] && echo /var/log/cephrbd || echo "$3/log")/cephrbd.log",
  "logMaxBytes": $log_max,
  "logFilesKept": 1000,
  "runDir": "$([[ $2 == host ]] && echo /run/cephrbd || echo "$3/run")",
  "scratchDir": "$([[ $2 == host ]] && echo /run/scratch || echo "$3/scratch")",
  "stagingDir": "/mnt/staging"
}
JSON
}

# options IMAGE [POOL]: what kubelet passes to mount; an image that is absent is made with 1 GiB.
options() {
  printf '{"volumeID":"%s","pool":"%s","size":"1Gi","kubernetes.io/fsType":"ext4","kubernetes.io/readwrite":"rw","kubernetes.io/pvOrVolumeName":"data","kubernetes.io/pod.name":"web-%%d","kubernetes.io/pod.namespace":"default","kubernetes.io/pod.uid":"uid-%%d"}' "$1" "${2:-hyper}"
}

# spec FILE WORD ARG…: a line for each argument, as spawn reads them.
spec() {
  local file=$place/$1 word=$2
  shift 2
  printf "$word %s\n" "$@" >>"$file"
}

# call_spec NAME CONFIG ARG…: a call of the driver that succeeds.
call_spec() {
  local name=$1 config=$2
  shift 2
  spec "$name" run "$program" --config "$place/$config" "$@"
  spec "$name" expect '"status":"Success"'
}

# person_spec NAME CONFIG ARG…: a command for people; status 1 is an answer, too.
person_spec() {
  # shellcheck disable=SC2016 # the inner shell's arguments
  spec "$1" run /bin/sh -c '"$@" || [ $? -eq 1 ]' sh "$program" --config "$place/$2" "${@:3}"
}

make_place() {
  mkdir -p "$place" "$node/scratch" "$pods"
  compile
  cp "$binary" "$program"
  cp "$root/bench/load/leaks.sh" "$root/bench/load/guest.sh" "$place/"
  driver_config hyper.json hyper "$node" 60
  driver_config host.json host "$node" "$limit"
  options 'vol-%d' >"$place/hyper.options"
  options 'host-%d' >"$place/host.options"
  step 'a cluster'
  "$uml" net up "$net" "$cluster_address/24"
  near "$lab" up --dir "$place/lab" --addr "$cluster_address" >/dev/null
  sed -n 's/^\tkey = //p' "$place/lab/ceph.$entity.keyring" >"$place/key"
}

# storm_hyper FILE ARG…: of runtime hyper on this machine.
storm_hyper() {
  local file=$1
  shift
  attended near "$place/storm" -i 'vol-%d' -d "$pods/uid-%d/volumes/hyper~cephrbd/data" -o "$place/hyper.options" -w tag -t 60 "$@" \
    "$program" --config "$place/hyper.json" >"$tmp/$file"
}

pod_dirs() {
  local n
  for ((n = 1; n <= volumes; n++)); do
    mkdir -p "$pods/uid-$n/volumes/hyper~cephrbd"
  done
}

# leaks_in_cluster PREFIX COUNT CALLS-FILE…: who has the images open, their locks, what is reserved, who is
# shut out. An unmount that cannot give its reservation back within 15 s (a quarter of the time of a call)
# succeeds without: an image whose last unmount took longer may be reserved yet. How many are, goes to the
# file "kept". In runtime host a note that is marked so outlasts its use, and reserves nothing.
leaks_in_cluster() {
  local object
  near "$place/images" look "$place/lab/ceph.conf" client.admin "$place/lab/ceph.client.admin.keyring" hyper "$1" "$2" >"$tmp/seen"
  grep -v '^image ' "$tmp/seen" || true
  # Newer names for the same command are not in Ceph before 16.
  admin ceph osd blacklist ls -f json 2>/dev/null | jq -r '.[] | "shut out: \(.addr)"'
  : >"$tmp/objects"
  while read -r object; do
    [[ $(admin rados -p hyper get "$object" - | tr -d '\0') == *'"exclusiveLock":true'* ]] || printf '%s\n' "$object" >>"$tmp/objects"
  done < <(admin rados -p hyper ls | grep '^cephrbd[.]')
  awk -v kept="$tmp/kept-$1" '
    FILENAME ~ /[.]calls$/ { if ($1 == "call" && $3 == "unmount") { last[$8] = $4; slow += $4 >= 15000000 } next }
    FILENAME ~ /seen$/ { if ($1 == "image") name["cephrbd.reservation." $3] = $2; next }
    $1 in name && last[name[$1]] >= 15000000 { count++; next }
    { printf "left in the pool: %s%s\n", $1, ($1 in name) ? ", of " name[$1] ", whose last unmount took " last[name[$1]] / 1000 " ms" : "" }
    END { printf "%d %d\n", count, slow >kept }' "${@:3}" "$tmp/seen" "$tmp/objects"
}

# reserved_yet PREFIX: in words.
reserved_yet() {
  local kept slow
  read -r kept slow <"$tmp/kept-$1"
  ((slow > 0)) || return 0
  printf ' Of the unmounts, %s took more than 15 s, after which they succeed whether the reservation could be given back or not: after the storm %s images were reserved yet.' "$slow" "$kept"
}

# no_leaks FILE WHAT: fails when the file names anything.
no_leaks() {
  [[ ! -s $1 ]] || {
    head -n 30 "$1" >&2
    die "$2 left something behind: $(wc -l <"$1") things, the first of them above"
  }
}
