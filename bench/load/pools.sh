# shellcheck shell=bash
# What a call costs in a pool of 5,000 images, against a pool of one. Needs place.sh.
# shellcheck disable=SC2154

many=5000

# pool_specs POOL: its calls, each named by the pool.
pool_specs() {
  local pool=$1 dir=$pods/uid-$1/volumes/hyper~cephrbd/data options
  mkdir -p "$dir"
  driver_config "$pool.json" hyper "$node" 60 "$pool"
  options=$(options the-one "$pool" | sed 's/%d/1/g')
  call_spec "mount-$pool" "$pool.json" mount "$dir" "$options"
  person_spec "status-$pool" "$pool.json" status
  person_spec "release-$pool" "$pool.json" release "$pool/the-one"
  call_spec "unmount-$pool" "$pool.json" unmount "$dir"
  person_spec "doctor-$pool" "$pool.json" doctor
}

part_pools() {
  local pool began
  step "pools of 1, 200 and $many images"
  for pool in one some; do
    admin ceph osd pool create "$pool" 16 16 2>/dev/null
    admin rbd pool init "$pool"
  done
  admin ceph auth caps "$entity" mon 'profile rbd' osd 'profile rbd pool=hyper, profile rbd pool=one, profile rbd pool=some' 2>/dev/null
  began=$(now_ms)
  make_images some 199
  make_images hyper "$((many - 1))"
  step "made in $((($(now_ms) - began) / 1000)) s"
  for pool in one some hyper; do pool_specs "$pool"; done
  # Each round: both mounted, looked at, unmounted; what slows one slows the other.
  measure near -n "$pool_rounds" -w 2 mount-one mount-hyper status-one status-hyper release-one release-hyper unmount-one unmount-hyper >"$tmp/pools.out"
  measure near -n "$rounds" -w 1 doctor-one doctor-some doctor-hyper >>"$tmp/pools.out"
}

make_images() {
  attended near "$place/images" create "$place/lab/ceph.conf" client.admin "$place/lab/ceph.client.admin.keyring" "$1" image- "$2" 64
}

pools_table() {
  local verb one many_us some limit
  printf '| call | a pool of 1 | a pool of %s | ratio | floor | |\n|---|---|---|---|---|---|\n' "$many"
  for verb in mount unmount status release; do
    one=$(median "$tmp/pools.out" "$verb-one" 2)
    many_us=$(median "$tmp/pools.out" "$verb-hyper" 2)
    limit=1.15
    printf '| %s | %s | %s | %s | at most %s | %s |\n' "$verb" "$(ms "$one")" "$(ms "$many_us")" "$(ratio "$many_us" "$one")" "$limit" \
      "$(verdict "$(ratio "$many_us" "$one")" "$limit")"
  done
  one=$(median "$tmp/pools.out" doctor-one 2)
  some=$(median "$tmp/pools.out" doctor-some 2)
  many_us=$(median "$tmp/pools.out" doctor-hyper 2)
  printf '| doctor, which lists the pool and opens up to 200 of its images | %s (a pool of 200: %s) | %s | %s (to 200: %s) | to 200: at most %s | %s |\n' \
    "$(ms "$one")" "$(ms "$some")" "$(ms "$many_us")" "$(ratio "$many_us" "$one")" "$(ratio "$many_us" "$some")" 1.5 "$(verdict "$(ratio "$many_us" "$some")" 1.5)"
}
