#!/usr/bin/env bash
# table.sh RID: the table that stubs.sh takes, from a program that was linked against this
# machine's glibc (dotnet publish -p:GlibcFloor=false): of each symbol that it needs the
# newest version that glibc 2.17 has, and the library that had it there.
set -euo pipefail

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case ${1:-} in
  linux-x64) glibc=/lib/x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
  linux-arm64) glibc=/usr/aarch64-linux-gnu/lib loader=ld-linux-aarch64.so.1 ;;
  *)
    printf 'usage: %s linux-x64|linux-arm64\n' "$0" >&2
    exit 2
    ;;
esac
program=$folder/../../../artifacts/$1/cephrbd

# The library that had it before 2.34 drew most of them into libc.so.6.
library_of() {
  case $1 in
    pthread_*) printf 'libpthread.so.0\n' ;;
    dladdr | dlclose | dlerror | dlopen | dlsym) printf 'libdl.so.2\n' ;;
    ceil | cos | log | pow | sin) printf 'libm.so.6\n' ;;
    __tls_get_addr | __stack_chk_guard) printf '%s\n' "$loader" ;;
    *) printf 'libc.so.6\n' ;;
  esac
}

printf '# What cephrbd needs of glibc, for %s: library, version, symbol, size of a variable.\n' "$1"
while read -r symbol; do
  line=$(readelf --dyn-syms -W "$glibc/libc.so.6" "$glibc/libm.so.6" "$glibc/$loader" | awk -v symbol="$symbol" '
    { name = $8; sub(/@.*/, "", name) }
    name == symbol && $7 != "UND" {
      version = $8; sub(/.*@GLIBC_/, "", version)
      split(version, part, ".")
      rank = part[1] * 1000000 + part[2] * 1000 + part[3]
      if (rank <= 2017000 && rank > best) { best = rank; found = version " " symbol ($4 == "OBJECT" ? " " $3 : "") }
    }
    END { print found }')
  [[ -n $line ]] || {
    printf '%s: glibc 2.17 has no %s\n' "$0" "$symbol" >&2
    exit 1
  }
  printf '%s GLIBC_%s\n' "$(library_of "$symbol")" "$line"
done < <(readelf --dyn-syms -W "$program" | awk '$7 == "UND" && $5 == "GLOBAL" { sub(/@.*/, "", $8); print $8 }' | sort -u) |
  sort
