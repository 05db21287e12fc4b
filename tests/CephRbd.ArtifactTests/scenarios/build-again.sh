#!/usr/bin/env bash
# The same sources, built again in another folder, yield the same files to the last bit.
set -euo pipefail

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

# The commit stands in the program, so the copy is a clone; and what is not committed yet
# is copied over it.
copy=$WORK/elsewhere/cephrbd
git clone -q --no-checkout "file://$ROOT" "$copy"
git -C "$ROOT" ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do
    if [[ -e $ROOT/$file ]]; then
      printf '%s\0' "$file"
    fi
  done | tar -C "$ROOT" --null --files-from=- --create | tar -C "$copy" --extract
git -C "$copy" update-ref HEAD "$(git -C "$ROOT" rev-parse HEAD)"

cd "$copy"
./build.sh publish linux-x64 linux-arm64
bad=0
for rid in linux-x64 linux-arm64; do
  for file in cephrbd cephrbd.dbg; do
    cmp "$ARTIFACTS/$rid/$file" "artifacts/$rid/$file" || bad=1
  done
done
exit "$bad"
