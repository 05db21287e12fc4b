#!/bin/bash
# Builds librados.so.2 and librbd.so.1 as a Jewel release would have them: they export
# the functions of that release and no others, and each jumps to the same function of
# the installed library.
set -euo pipefail

usage() {
  cat <<'EOF'
Usage: forwarders.sh --symbols FILE --to DIR [--release X.Y.Z]
  --symbols  a list of functions, one a line; behind a name may stand the release
             that brought it
  --to       an empty or absent folder; run a program with LD_LIBRARY_PATH=DIR
  --release  leave out what came after it (default: 10.2.10)
Needs gcc for this machine (x86_64 or aarch64) and librados2 and librbd1 installed.
EOF
}

die() {
  printf 'forwarders.sh: %s\n' "$*" >&2
  exit 1
}

symbols='' dir='' release=10.2.10
while (($# > 0)); do
  case $1 in
    --help)
      usage
      exit 0
      ;;
    --symbols | --to | --release)
      (($# > 1)) || die "$1 needs a value"
      case $1 in
        --symbols) symbols=$2 ;;
        --to) dir=$2 ;;
        --release) release=$2 ;;
      esac
      shift 2
      ;;
    *) die "unknown argument: $1 (see --help)" ;;
  esac
done
[[ -n $symbols && -n $dir ]] || die 'both --symbols and --to are needed (see --help)'
[[ -r $symbols ]] || die "cannot read $symbols"

machine=$(uname -m)

# trampoline NAME OFFSET: a function that goes on to where a slot points. It touches
# only a register in which no argument is passed, so all arguments arrive.
trampoline() {
  printf '.globl %s\n.type %s, @function\n%s:\n' "$1" "$1" "$1"
  case $machine in
    x86_64) printf '    jmp *slots+%d(%%rip)\n' "$2" ;;
    aarch64) printf '    adrp x16, slots+%d\n    ldr x16, [x16, :lo12:slots+%d]\n    br x16\n' "$2" "$2" ;;
    *) die "no code for a $machine" ;;
  esac
  printf '.size %s, . - %s\n' "$1" "$1"
}

installed() {
  local path
  path=$(ldconfig -p | awk -v name="$1" '$1 == name && /=>/ { print $NF; exit }')
  [[ -n $path ]] || die "$1 is not installed"
  readlink -f "$path"
}

# functions PREFIX: the names that begin so and that the release has.
functions() {
  local name since
  while read -r name since; do
    [[ $name == "$1"* ]] || continue
    [[ -z $since || $(printf '%s\n%s\n' "$since" "$release" | sort -V | head -n 1) == "$since" ]] || continue
    printf '%s\n' "$name"
  done < <(grep -v '^#' "$symbols")
}

# real SONAME NEWNAME: a copy of the installed library in which librados has another
# name. Under its own name the real librbd would be given our librados, which lacks
# nearly all that it needs.
real() {
  LC_ALL=C sed 's/librados\.so\.2/librad0s.so.2/g' "$(installed "$1")" >"$dir/$2"
}

# forwarder SONAME REAL NAME…
forwarder() {
  local soname=$1 real=$2 code at=0 name
  shift 2
  (($# > 0)) || die "$symbols names nothing of $soname"
  code=$dir/${soname%%.*}
  {
    printf '#include <dlfcn.h>\n#include <stdio.h>\n#include <stdlib.h>\n\n'
    printf '__attribute__((visibility("hidden"))) void *slots[%d];\n' $#
    printf 'static const char *const names[] = {\n'
    printf '    "%s",\n' "$@"
    cat <<'EOF'
};

static void gone(void)
{
    fputs("a function was called that Ceph has dropped since\n", stderr);
    abort();
}

__attribute__((constructor)) static void find(void)
{
EOF
    printf '    void *real = dlopen("%s", RTLD_NOW | RTLD_LOCAL);\n' "$real"
    cat <<'EOF'
    if (real == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        slots[i] = dlsym(real, names[i]);
        if (slots[i] == NULL) {
            slots[i] = (void *)gone;
        }
    }
}

EOF
  } >"$code.c"
  {
    printf '.text\n'
    for name; do
      trampoline "$name" "$at"
      at=$((at + 8))
    done
    printf '.section .note.GNU-stack,"",@progbits\n'
  } >"$code.s"
  gcc -Wall -Wextra -Werror -O1 -shared -fPIC -Wl,-soname,"$soname" -o "$dir/$soname" "$code.c" "$code.s"
}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
real librados.so.2 librad0s.so.2
real librbd.so.1 real-librbd.so.1
mapfile -t names < <(functions rados_)
forwarder librados.so.2 "$dir/librad0s.so.2" "${names[@]}"
mapfile -t names < <(functions rbd_)
forwarder librbd.so.1 "$dir/real-librbd.so.1" "${names[@]}"
