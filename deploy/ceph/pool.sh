# shellcheck shell=bash
# What 5_create_hyper_pool.sh asks of the cluster, and how it removes the pool "rbd". Needs lib.sh.
# shellcheck disable=SC2034,SC2154

# What a killed run has left undone stands in this folder.
memory=/var/lib/cephrbd

# read_pools: sets pools, the lines of `osd dump` that tell of one. They have been plain text of
# the same form since Jewel.
read_pools() {
  local dump
  dump=$(ask osd dump) || return 1
  pools=$(grep '^pool ' <<<"$dump") || pools=
}

# pool_line NAME
pool_line() { grep -F " '$1' " <<<"$pools" | grep -E "^pool [0-9]+ '$1' " || true; }

# pool_field NAME KEY: the word after the key.
pool_field() {
  local line
  line=$(pool_line "$1")
  line=${line#*\' }
  [[ " $line " == *" $2 "* ]] || return 0
  line=" $line"
  line=${line#*" $2 "}
  printf '%s\n' "${line%% *}"
}

# up_osds: "OSDS HOSTS" that are up and in.
up_osds() {
  local tree
  tree=$(ask osd tree) || return 1
  awk '
    {
      for (i = 1; i < NF; i++) {
        if ($i == "host") host = $(i + 1)
        if ($i ~ /^osd\.[0-9]+$/ && $(i + 1) == "up" && $(i + 2) + 0 > 0) { osds++; seen[host] = 1 }
      }
    }
    END { for (host in seen) hosts++; print osds + 0, hosts + 0 }' <<<"$tree"
}

# failure_domain: over what the first replicated rule spreads copies: host, as a rule.
failure_domain() {
  local rules
  rules=$(ask osd crush rule dump -f json-pretty) || return 1
  sed -n 's/^ *"type": "\([a-z]*\)".*/\1/p' <<<"$rules" | head -n 1
}

# planned PGS SIZE: copies of placement groups on each OSD, with those of the other pools.
planned() {
  local osds=$3
  awk -v mine="$pool" -v copies="$(($1 * $2))" -v osds="$osds" '
    { name = $3; gsub(/\047/, "", name); size = pgs = 0
      for (i = 4; i < NF; i++) { if ($i == "size") size = $(i + 1); if ($i == "pg_num") pgs = $(i + 1) }
      if (name != mine) copies += size * pgs }
    END { print int(copies / osds) }' <<<"$pools"
}

# pgs_clean: whether each group of the pool is active and clean.
pgs_clean() {
  local states
  states=$(ask pg ls-by-pool "$pool" -f json-pretty | sed -n 's/^ *"state": "\([^"]*\)".*/\1/p') || return 1
  [[ -n $states ]] || return 1
  (($(wc -l <<<"$states") >= pgs)) && ! grep -qv '^active+clean' <<<"$states"
}

# objects_in POOL: how many the cluster counts; nothing when it does not say.
objects_in() {
  local text
  text=$(ask df -f json-pretty) || return 1
  awk -v name="\"$1\"" '
    /"name":/ { value = $2; sub(/,$/, "", value); mine = (value == name) }
    mine && /"objects":/ { sub(/,$/, "", $2); print $2; exit }' <<<"$text"
}

# pool_is_empty POOL: by its listing, in all namespaces, and by the cluster's count. What cannot
# be proved is not so.
pool_is_empty() {
  local listed
  listed=$(limit=30 quiet rados --all -p "$1" ls | head -n 1) || return 1
  [[ -z $listed && $(objects_in "$1") == 0 ]]
}

# delete_note: the file that tells what mon_allow_pool_delete of this cluster was.
delete_note() { printf '%s/pool-delete-was.%s\n' "$memory" "$(conf_value fsid)"; }

# put_back: deletion of pools is as forbidden as it was before, in this run or in one that was
# killed. The former value is in the file, empty if there was none.
put_back() {
  local file was
  file=$(delete_note)
  [[ -f $file ]] || return 0
  was=$(<"$file")
  if ((major < 13)); then
    change tell 'mon.*' injectargs '--mon-allow-pool-delete=false'
  elif [[ -n $was ]]; then
    change config set mon mon_allow_pool_delete "$was"
  else
    change config rm mon mon_allow_pool_delete
  fi || {
    warn "mon_allow_pool_delete may still be true: run this again once the monitors answer" \
      "mon_allow_pool_delete 可能仍为 true：待 mon 恢复响应后请重新运行本脚本"
    return 1
  }
  rm -f "$file"
}

# allow_delete: for the moment; Jewel needs none.
allow_delete() {
  local was=
  if ((major >= 13)); then
    was=$(ask config dump | awk '$1 == "mon" && / mon_allow_pool_delete / { for (i = 2; i < NF; i++) if ($i == "mon_allow_pool_delete") print $(i + 1) }') || return 1
  fi
  at_end put_back
  put_file 0600 root:root "$(delete_note)" <<<"$was" >/dev/null
  if ((major < 13)); then
    change tell 'mon.*' injectargs '--mon-allow-pool-delete=true'
  else
    change config set mon mon_allow_pool_delete true
  fi
}

# remove_rbd_pool: Jewel makes a pool "rbd" by itself, whose groups only burden the OSDs.
remove_rbd_pool() {
  local words=(osd pool delete rbd rbd --yes-i-really-really-mean-it)
  [[ $pool != rbd && -n $(pool_line rbd) ]] || return 0
  if ! pool_is_empty rbd; then
    warn "the pool rbd is not proved empty, so it stays: rados --all -p rbd ls; ceph df" \
      "无法证明存储池 rbd 为空，因此保留：rados --all -p rbd ls；ceph df"
    return 0
  fi
  if would ceph "${words[@]}"; then
    return 0
  fi
  if ((major >= 12)); then
    allow_delete || die 'mon_allow_pool_delete could not be set for the moment' '无法临时设置 mon_allow_pool_delete'
  fi
  change "${words[@]}" ||
    die "the empty pool rbd could not be removed; with EACCES the admin's key lacks a right: ceph auth caps client.admin mon 'allow *' mgr 'allow *' osd 'allow *' mds 'allow *'" \
      "无法删除空的存储池 rbd；若为 EACCES，则 admin 密钥缺少权限：ceph auth caps client.admin mon 'allow *' mgr 'allow *' osd 'allow *' mds 'allow *'"
  if ((major >= 12)); then
    put_back
  fi
  say 'the empty pool rbd is removed' '已删除空的存储池 rbd'
}
