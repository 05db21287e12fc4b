#!/usr/bin/env bash
# The bill of materials: what SPDX 2.3 asks for, each package of the lock files with licence and
# checksum, each file with the checksum that it has.
set -euo pipefail
# shellcheck source=tests/CephRbd.ArtifactTests/watch.sh
. "$ROOT/tests/CephRbd.ArtifactTests/watch.sh"

packages=$ARTIFACTS/packages
bill=$(echo "$packages/cephrbd-"*.spdx.json)

# holds WHAT FILTER
holds() {
  jq -e "$2" "$bill" >"$WORK/jq" 2>&1 || fail "$1: $(<"$WORK/jq")"
}

holds 'the document' '.spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT"
  and (.documentNamespace | test("^urn:[^#]+$")) and (.creationInfo.created | test("^[0-9-]{10}T[0-9:]{8}Z$"))
  and (.creationInfo.creators | length > 0 and all(test("^(Organization|Person|Tool): ")))'
holds 'identifiers' '[.packages[].SPDXID, .files[].SPDXID] | (all(test("^SPDXRef-[A-Za-z0-9.-]+$"))) and length == (unique | length)'
holds 'packages' '.packages | length >= 8 and all(.name != "" and .versionInfo != "" and .downloadLocation == "NOASSERTION"
  and .filesAnalyzed == false and (.copyrightText | length > 0)
  and (.licenseDeclared | IN("MIT", "Apache-2.0")) and .licenseConcluded == .licenseDeclared)'
holds 'checksums' '.packages[1:] | all(.checksums[0] | .algorithm == "SHA512" and (.checksumValue | test("^[0-9a-f]{128}$")))'
# shellcheck disable=SC2016 # for jq to expand
holds 'relationships' '. as $all | ([.packages[].SPDXID, .files[].SPDXID] | INDEX(.)) as $known
  | [.relationships[] | .spdxElementId, .relatedSpdxElement | select(. != "SPDXRef-DOCUMENT")] | all($known[.])'
# shellcheck disable=SC2016 # for jq to expand
holds 'each is related' '[.relationships[] | .spdxElementId, .relatedSpdxElement] as $related
  | [.packages[].SPDXID, .files[].SPDXID] | all(IN($related[]))'
holds 'what is compiled in' '[.relationships[] | select(.relationshipType == "STATIC_LINK") | .relatedSpdxElement]
  | any(test("CliWrap")) and any(test("Serilog-")) and any(test("NativeAOT.linux-x64")) and any(test("NativeAOT.linux-arm64"))
    and all(test("ILCompiler") | not)'

jq -r '.dependencies[] | to_entries[] | select(.value.type != "Project") | "\(.key) \(.value.resolved)"' \
  "$ROOT"/src/*/packages.lock.json | sort -u >"$WORK/locked"
jq -r '.packages[] | "\(.name) \(.versionInfo)"' "$bill" | sort -u >"$WORK/billed"
comm -23 "$WORK/locked" "$WORK/billed" >"$WORK/missing"
[[ -s $WORK/locked && ! -s $WORK/missing ]] || fail "not in the bill: $(<"$WORK/missing")"

count=0
while read -r sum name; do
  path=$packages/$name
  [[ $name != linux-* ]] || path=$ARTIFACTS/$name
  [[ $(sha256sum <"$path") == "$sum  -" ]] || fail "$name has another checksum than the bill says"
  count=$((count + 1))
done < <(jq -r '.files[] | "\(.checksums[] | select(.algorithm == "SHA256").checksumValue) \(.fileName[2:])"' "$bill")
((count >= 8)) || fail "only $count files are in the bill"
! grep -qiE 'nuget[.]org|https?://' "$bill" || fail 'the bill names a host'
printf 'all held\n'
