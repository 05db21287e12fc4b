# shellcheck shell=bash
# The bench as a whole: makes all nodes, removes all nodes, and the note about them in the
# folder. Needs all that nodes.sh has and its variables.
# shellcheck disable=SC2034,SC2154

marker() {
  printf '%s\n' "$dir/.cephrbd-nodes"
}

write_marker() {
  local key
  for key in nodes word owner share base stage; do
    printf '%s=%s\n' "$key" "${!key}"
  done >"$(marker).new"
  mv "$(marker).new" "$(marker)"
}

read_marker() {
  local key value
  [[ -f $(marker) ]] || return 1
  while IFS='=' read -r key value; do
    case $key in
      nodes | word | owner | share | base | stage) printf -v "$key" %s "$value" ;;
      *) die "$(marker) is not understood" ;;
    esac
  done <"$(marker)"
  [[ $nodes =~ ^[1-9]$ && $word =~ ^[a-z0-9-]+$ && $owner =~ ^[1-9][0-9]*$ ]] || die "$(marker) is not understood"
}

lock_dir() {
  exec 8<"$dir"
  flock -w 300 8 || die "another nodes.sh is at work in $dir for too long"
}

need_tools() {
  local tool
  for tool in flock ip losetup mmdebstrap nsenter ssh-keygen systemd-nspawn; do
    command -v "$tool" >/dev/null || die "$tool is missing: ./build.sh setup installs it"
  done
}

all_run() {
  local name
  for name in $(names); do
    outer_of "$name" >/dev/null || return 1
  done
}

undo_up() {
  local status=$?
  trap - EXIT INT TERM HUP
  ((status != 0)) || exit 0
  set +e
  warn 'the nodes did not start; what was made of them is removed again'
  remove_all
  exit "$status"
}

up() {
  local name failed
  need_tools
  if [[ -f $(marker) ]]; then
    lock_dir
    read_marker
    if [[ $stage != up ]] || ! all_run; then
      die "the nodes in $dir do not all run (see status); take them down first"
    fi
    step "the nodes in $dir are up already"
    return
  fi
  mkdir -p "$dir"
  lock_dir
  [[ -z $(ls -A "$dir") ]] || die "$dir holds files that are not a bench's"
  if [[ -z $word ]]; then
    word=$(cksum <<<"$dir")
    word=nodes-${word%% *}
  fi
  [[ -e /proc/$owner ]] || die "there is no process $owner for the bench to belong to"
  [[ ! -e /run/netns/$(net_of net) ]] || die "$(net_of net) is there already: choose another --net"
  base=$("$here/base.sh")
  stage=making
  write_marker
  on_exit undo_up
  step "making $nodes nodes"
  save_settings
  switch_up
  for name in $(names); do
    mkdir "$dir/$name"
    lay_root "$name"
    furnish "$name"
    make_disk "$name"
  done
  make_keys
  for name in $(names); do
    launch "$name"
  done
  for name in $(names); do
    await "$name"
    failed=$(failed_units "$name")
    [[ -z $failed ]] || die "units failed on $name: $failed"
  done
  stage=up
  write_marker
  trap - EXIT INT TERM HUP
  step 'the nodes are up'
}

# The marker goes last: what is left of a removal that failed is still ours.
remove_all() {
  local name status=0
  for name in $(names); do
    cut_power "$name" || status=1
  done
  for name in $(names); do
    remove_files "$name" || status=1
  done
  unplug net || status=1
  ((status == 0)) || return 1
  restore_settings
  find "$dir" -mindepth 1 -maxdepth 1 ! -name .cephrbd-nodes -exec rm -rf --one-file-system -- {} +
  rm -f -- "$(marker)"
  rmdir -- "$dir"
}

down() {
  if [[ ! -e $dir ]]; then
    step "no nodes in $dir"
    return
  fi
  if [[ ! -e $(marker) ]]; then
    # An up that was killed before it had done anything.
    rm -f -- "$(marker).new"
    rmdir -- "$dir" 2>/dev/null || die "$dir is not a bench's folder"
    return
  fi
  lock_dir
  read_marker || return 0
  remove_all || die "not all of the bench in $dir could be removed"
  step "the nodes in $dir are down"
}
