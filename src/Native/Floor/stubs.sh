#!/usr/bin/env bash
# stubs.sh TABLE FOLDER COMPILER…: makes the shared libraries that the table lists, empty
# but for their names, symbols and versions, and libc.so and libm.so, which lead the linker
# to them. Linked against these instead of the machine's glibc, a program asks for just the
# versions in the table and so runs with every glibc that has them.
#
# A line of the table: LIBRARY VERSION SYMBOL, and SIZE of a variable.
set -euo pipefail

table=$1 folder=$2
shift 2

rm -rf "$folder"
mkdir -p "$folder"
mapfile -t libraries < <(awk '!/^#/ && NF { print $1 }' "$table" | sort -u)

for library in "${libraries[@]}"; do
  # Symbols of one name may not repeat: only one version of each is linked against.
  awk -v library="$library" '
    $1 != library { next }
    { print "\t.globl " $3 "\n\t.type " $3 ", " (NF > 3 ? "@object" : "@function") }
    NF > 3 { print "\t.bss\n" $3 ":\n\t.zero " $4 "\n\t.size " $3 ", " $4 "\n\t.text" }
    NF == 3 { print $3 ":\n\t.zero 4\n\t.size " $3 ", 4" }
    BEGIN { print "\t.text" }
    END { print "\t.section .note.GNU-stack,\"\",@progbits" }
  ' "$table" | sed 's/@\(object\|function\|progbits\)/%\1/' >"$folder/$library.s"
  awk -v library="$library" '
    $1 == library { symbols[$2] = symbols[$2] " " $3 ";" }
    END { for (version in symbols) print version " { global:" symbols[version] " };" }
  ' "$table" | sort -V >"$folder/$library.map"
  "$@" -shared -nostdlib -fuse-ld=lld -Wl,-soname="$library" -Wl,--version-script="$folder/$library.map" \
    -o "$folder/$library" "$folder/$library.s"
done

# -lm and -lc; -ldl, -lpthread and -lrt find nothing here but the machine's archives, which
# are empty since glibc 2.34.
for name in libc libm; do
  {
    printf 'GROUP ('
    printf ' %s' "${libraries[@]/#/$folder/}"
    printf ' )\n'
  } >"$folder/$name.so"
done
: >"$folder/made"
