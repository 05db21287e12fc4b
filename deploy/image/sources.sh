# shellcheck shell=bash
# What a root is made from: Debian 12, as the apt sources of this machine have it. Needs
# common.sh.

suite=bookworm
sources=()
releases=()

# Of this machine's indexes of Debian's own packages: release, address, file.
debian_indexes() {
  # shellcheck disable=SC2016 # apt fills them in
  apt-get indextargets 'Created-By: Packages' 'Origin: Debian' 'Component: main' \
    --format '$(CODENAME) $(RELEASE) $(REPO_URI) $(FILENAME)' |
    awk -v s="$suite" '$1 == s || $1 == s "-updates" || $1 == s "-security" { print $2, $3, $4 }' | sort -u
}

read_indexes() {
  local release uri file
  sources=()
  releases=()
  while read -r release uri file; do
    sources+=("deb $uri $release main")
    releases+=("${file%_main_binary-*}_InRelease")
  done < <(debian_indexes)
}

# Proxies and the like of this machine; mmdebstrap does not look at them.
apt_options() {
  apt-config dump | grep -E '^Acquire::(Check-|Retries|https?::|[a-z]+::[Pp]roxy)' || true
}

# The time that stands in the root: when the newest of the indexes was made.
index_date() {
  local file line date newest=0
  for file in "${releases[@]}"; do
    line=$(grep -m 1 '^Date: ' "$file") || die "$file tells no date: run apt-get update"
    date=$(date -u -d "${line#Date: }" +%s)
    ((date <= newest)) || newest=$date
  done
  printf '%s\n' "$newest"
}

# Sets sources and releases; fetches the indexes of a machine that has none.
need_indexes() {
  read_indexes
  if ((${#sources[@]} == 0)); then
    timeout 300 apt-get update -qq >&2
    read_indexes
  fi
  ((${#sources[@]} > 0)) || die "the apt sources of this machine have no Debian $suite: add its main, updates and security"
}
