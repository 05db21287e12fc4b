# shellcheck shell=bash
# What was on the node before: kept when a run begins, put back if it fails or by --rollback.
#   $state/now     what the run that is under way, or was killed, has found; not there otherwise
#   $state/before  what the last finished run has replaced
#   $state/after   what a rollback that is under way, or was killed, has found
# A set is a folder: files/PATH (what was there), absent (names of what was not), services,
# drivers/DIR/cephrbd, package. Source it after services.sh, files.sh, driver.sh.
# shellcheck disable=SC2154

state=/var/lib/cephrbd/previous/node
now=$state/now before=$state/before after=$state/after

# keep_set TO PATH…: a set of these paths, complete or not there at all.
keep_set() {
  local to=$1 path unit dir stage=$1.new
  shift
  rm -rf "$stage"
  (umask 077 && mkdir -p "$stage/files" "$stage/drivers")
  : >"$stage/absent"
  : >"$stage/services"
  for path; do
    if [[ -e $path || -L $path ]]; then
      mkdir -p "$stage/files${path%/*}"
      cp -a "$path" "$stage/files$path"
    else
      printf '%s\n' "$path" >>"$stage/absent"
    fi
  done
  [[ -z $with_services ]] || for unit in hyperd frakti kubelet; do
    printf '%s %s %s\n' "$unit" "$(unit_wanted "$unit" && echo active || echo inactive)" \
      "$(unit_enabled "$unit" && echo enabled || echo disabled)" >>"$stage/services"
  done
  printf '%s\n' "${plugin_dirs[@]}" >"$stage/plugin-dirs"
  for dir in "${plugin_dirs[@]}"; do
    [[ -f $dir/hyper~cephrbd/cephrbd ]] || continue
    mkdir -p "$stage/drivers$dir"
    cp -a "$dir/hyper~cephrbd/cephrbd" "$stage/drivers$dir/cephrbd"
  done
  package_version >"$stage/package"
  sync
  mv "$stage" "$to"
}

# set_paths SET: the paths that a set is about.
set_paths() {
  cat "$1/absent"
  (cd "$1/files" && find . ! -type d -printf '/%P\n')
}

# put_set SET: files, driver, units' state as the set has them; then what ran before runs. A set
# without services leaves these alone. It goes on after a failure, and is false in the end.
put_set() {
  local set=$1 path unit active enabled failed=0
  [[ ! -s $set/services ]] || for unit in kubelet frakti hyperd; do
    ! unit_wanted "$unit" || run -t 180 systemctl stop "$unit.service" || failed=1
  done
  while IFS= read -r path; do
    # Units are disabled before they go, or a link to nowhere is left.
    if [[ $path == "$units_dir"/*.service ]] && unit_enabled "$(basename "$path" .service)"; then
      run systemctl disable "${path##*/}" || failed=1
    fi
    # What is left of a unit without a file would be a failed one for ever.
    if [[ $path == "$units_dir"/*.service ]] && timeout 20 systemctl --quiet is-failed "${path##*/}"; then
      run systemctl reset-failed "${path##*/}" || failed=1
    fi
    remove_file "$path" || failed=1
  done <"$set/absent"
  while IFS= read -r path; do
    put_back "$set/files$path" "$path" || failed=1
  done < <(cd "$set/files" && find . ! -type d -printf '/%P\n')
  put_set_driver "$set" || failed=1
  [[ -s $set/services ]] || return "$failed"
  run systemctl daemon-reload || failed=1
  while read -r unit active enabled; do
    if [[ $enabled == enabled ]]; then
      unit_enabled "$unit" || run systemctl enable "$unit.service" || failed=1
    elif unit_enabled "$unit"; then
      run systemctl disable "$unit.service" || failed=1
    fi
    [[ $active != active ]] || run -t 120 systemctl start "$unit.service" || failed=1
  done <"$set/services"
  return "$failed"
}

# put_back FROM TO: a link, too.
put_back() {
  if [[ -L $1 ]]; then
    [[ $(readlink "$1") == "$(readlink "$2")" ]] || { rm -f "$2.cephrbd-new" && cp -a "$1" "$2.cephrbd-new" && mv -fT "$2.cephrbd-new" "$2"; }
  else
    put_file "$(stat -c 0%a "$1")" "$1" "$2"
  fi
}

# put_set_driver SET: through place.sh, as kubelet watches the folder.
put_set_driver() {
  local set=$1 dir failed=0
  if [[ $(<"$set/package") != ii* && $(package_version) == ii* ]]; then
    run -t 300 env CEPHRBD_REMOVE_IN_USE=yes dpkg -r cephrbd || failed=1
  fi
  while IFS= read -r dir; do
    if [[ -f $set/drivers$dir/cephrbd ]]; then
      run -t 120 "$here/place.sh" put "$set/drivers$dir/cephrbd" "$dir" || failed=1
    elif [[ -e $dir/hyper~cephrbd ]]; then
      run -t 120 "$here/place.sh" take "$dir" || failed=1
    fi
  done <"$set/plugin-dirs"
  return "$failed"
}

# begin_set: keeps what there is, unless an earlier run that was killed has: then that is what
# was before. A rollback that was killed has it under another name.
begin_set() {
  local paths=()
  [[ -z $dry ]] || return 0
  [[ ! -d $after || -d $now ]] || mv "$after" "$now"
  if [[ -d $now ]]; then
    say "an earlier run did not come to its end: this one goes on, and what was there before both is kept" \
      '上一次运行没有完成：本次继续，并保留最初的状态'
    return 0
  fi
  # With the driver install.sh puts three more.
  paths=("$driver_config" /usr/local/sbin/cephrbd /usr/local/share/man/man8/cephrbd.8
    /usr/local/share/bash-completion/completions/cephrbd)
  [[ -z $with_services ]] || paths+=("${want_paths[@]}")
  (umask 077 && mkdir -p "$state")
  keep_set "$now" "${paths[@]}"
}

# become_before SET: it takes the place of the one kept so far.
become_before() {
  rm -rf "$before.old"
  [[ ! -d $before ]] || mv "$before" "$before.old"
  mv "$1" "$before"
  rm -rf "$before.old"
  sync_folder "$state"
}

finish_set() {
  [[ -n $dry || ! -d $now ]] || become_before "$now"
}

# take_back: lib.sh calls it after a failure.
take_back() {
  local failed=0
  [[ -z $dry && -n $under_way && -d $now ]] || return 0
  warn 'putting all back as it was' '正在恢复到原来的状态'
  put_set "$now" || failed=1
  uncordon || failed=1
  ((failed == 0)) || {
    warn "what was there before stays in $now; put it back by '$name --rollback'" "原来的内容保留在 $now，可用「$name --rollback」恢复"
    return 1
  }
  rm -rf "$now"
  warn 'all is as it was before' '已全部恢复'
}

# go_back: by hand. What a killed run began is taken back; else the last finished run is, and what
# it had put is kept in turn: done twice, all is as before.
go_back() {
  local paths=() set
  set=$before
  [[ ! -d $now ]] || set=$now
  [[ -d $set || -d $after ]] || die "nothing is kept in $state: there is nothing to go back to" "$state 中没有保存的内容，无法回退"
  if [[ -n $dry ]]; then
    say "would put back what $set has:" "将恢复 $set 中的内容："
    set_paths "$set"
    return 0
  fi
  if [[ $set == "$now" ]]; then
    put_set "$now" || die "not all could be put back; $now stays, run this again" "未能全部恢复，$now 保留，请再次运行"
    uncordon || exit 1
    rm -rf "$now"
  else
    # After a kill the one is there and complete, or its renaming is all that is left to do.
    if [[ ! -d $after ]]; then
      mapfile -t paths < <(set_paths "$before")
      with_services=$(<"$before/services")
      keep_set "$after" "${paths[@]}"
    fi
    [[ ! -d $before ]] || put_set "$before" || die 'not all could be put back; run this again' '未能全部恢复，请再次运行'
    become_before "$after"
  fi
  say 'done: what was there before is back' '完成：已恢复到之前的状态'
}
