#!/usr/bin/env bash
# Called by mmdebstrap while a root is made: installs all that some packages depend on,
# and puts those of Ceph's own, with what depends on them, into a folder beside.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

(($# > 2)) || {
  printf 'usage: split.sh ROOT DEBS PACKAGE…\n' >&2
  exit 2
}
root=$1
debs=$2
shift 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM INT HUP

in_root() {
  timeout -k 10 900 chroot "$root" "$@"
}

# quietly COMMAND…: in the root; what it says is shown if it fails.
quietly() {
  in_root "$@" >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    return 1
  }
}

# Fields of packages, one a line: name, source, what it depends on.
fields() {
  in_root apt-cache show --no-all-versions "$@" | awk '
    /^Package: / { name = $2; source = $2; depends = "" }
    /^Source: / { source = $2 }
    /^(Pre-)?Depends: / { sub(/^[^:]*: /, ""); gsub(/\([^)]*\)|:any/, ""); gsub(/[,|]/, " "); depends = depends " " $0 }
    /^$/ && name != "" { print name, source, depends; name = "" }'
}

# Of such lines: the names of what is made from the source ceph or depends on it, however far.
of_ceph() {
  awk '
    { name[NR] = $1; if ($2 == "ceph") ceph[$1] = 1; for (i = 3; i <= NF; i++) needs[$1, $i] = 1 }
    END {
      for (more = 1; more; ) {
        more = 0
        for (i = 1; i <= NR; i++) {
          if (name[i] in ceph) continue
          for (other in ceph) if ((name[i], other) in needs) { ceph[name[i]] = 1; more = 1; break }
        }
      }
      for (i = 1; i <= NR; i++) if (name[i] in ceph) print name[i]
    }'
}

mapfile -t all < <(in_root apt-get install -s --no-install-recommends "$@" | awk '$1 == "Inst" { print $2 }' | sort -u)
((${#all[@]} > 0)) || {
  printf 'split.sh: apt knows no way to install %s\n' "$*" >&2
  exit 1
}
mapfile -t ceph < <(fields "${all[@]}" | of_ceph | sort -u)
mapfile -t others < <(comm -23 <(printf '%s\n' "${all[@]}") <(printf '%s\n' "${ceph[@]}"))
quietly apt-get install -y -qq --no-install-recommends "${others[@]}"

# The folder has to be inside for apt to fill it.
inside=/var/cache/split
mkdir -p "$root$inside/partial"
quietly apt-get install -y -qq --no-install-recommends --download-only \
  -o APT::Sandbox::User=root -o Dir::Cache::Archives="$inside" "$@"
mkdir "$debs"
mv "$root$inside"/*.deb "$debs"
rm -r "${root:?}$inside"
cd "$debs"
chmod 0644 ./*.deb
dpkg-scanpackages -m . >Packages 2>/dev/null
count=$(grep -c '^Package: ' Packages)
((count == ${#ceph[@]})) || {
  printf 'split.sh: %d packages were to be left out, and %d were fetched\n' "${#ceph[@]}" "$count" >&2
  exit 1
}
