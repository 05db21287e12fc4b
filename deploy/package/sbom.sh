#!/usr/bin/env bash
# The bill of materials (SPDX 2.3, JSON): which packages the driver was made of and by, with
# their versions, licences and checksums, and the files that were made. All of it comes from
# the lock files, NuGet's folder and what was built.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=deploy/lib/publish.sh
. "$here/../lib/publish.sh"
# shellcheck source=deploy/package/lib.sh
. "$here/lib.sh"

if (($# != 1)); then
  printf 'usage: sbom.sh DIR\n\nMakes DIR/cephrbd-VERSION.spdx.json; it tells of the packages and archives in DIR, too.\n' >&2
  exit 2
fi
need_environment
out=$1
nuget=$(nuget_folder)
compiler=$(compiler_version)
name=cephrbd-$CEPHRBD_VERSION.spdx.json

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# locked: name, version and checksum of each package of the lock files; what only compiles is
# told from what is compiled in by its name.
locked() {
  jq -r '.dependencies[] | to_entries[] | select(.value.type != "Project") |
    [.key, .value.resolved, .value.contentHash,
      (if .key | test("ILCompiler|ILLink") then "BUILD_TOOL_OF" else "STATIC_LINK" end)] | @tsv' \
    "$root/src/CephRbdDriver/packages.lock.json" "$root/src/Native/packages.lock.json"
}

# .NET's own code is in no lock file: it goes with the compiler.
runtimes() {
  local rid pack
  for rid in $(known_rids); do
    pack=$(runtime_pack "$rid")
    printf '%s\t%s\t%s\tSTATIC_LINK\n' "$(nuspec "$pack" "$compiler" id)" "$compiler" \
      "$(jq -re .contentHash "$nuget/$pack/$compiler/.nupkg.metadata")"
  done
}

# nuspec PACKAGE VERSION ELEMENT
nuspec() {
  local file
  file=$nuget/${1,,}/$2/${1,,}.nuspec
  [[ -f $file ]] || die "there is no $file: run ./build.sh publish"
  sed -n "s:.*<$3>\(.*\)</$3>.*:\1:p" "$file" | head -n 1
}

# licence PACKAGE VERSION
licence() {
  local text
  text=$(sed -n 's:.*<license type="expression">\(.*\)</license>.*:\1:p' "$nuget/${1,,}/$2/${1,,}.nuspec")
  [[ -n $text ]] || die "$1 $2 tells no licence as an SPDX expression: look into its nuspec, and have sbom.sh know it"
  printf '%s\n' "$text"
}

packages() {
  local package version hash role
  { locked && runtimes; } | LC_ALL=C sort -u >"$work/packages"
  while IFS=$'\t' read -r package version hash role; do
    jq -cn --arg name "$package" --arg version "$version" --arg role "$role" \
      --arg sha512 "$(base64 -d <<<"$hash" | od -An -v -tx1 | tr -d ' \n')" \
      --arg licence "$(licence "$package" "$version")" \
      --arg authors "$(nuspec "$package" "$version" authors)" \
      --arg copyright "$(nuspec "$package" "$version" copyright)" '$ARGS.named'
  done <"$work/packages"
}

# sums PATH NAME: one file.
sums() {
  jq -cn --arg name "$2" --arg sha1 "$(sha1sum <"$1" | cut -d ' ' -f 1)" \
    --arg sha256 "$(sha256sum <"$1" | cut -d ' ' -f 1)" '$ARGS.named'
}

files() {
  local rid file
  for rid in $(known_rids); do
    sums "$root/artifacts/$rid/cephrbd" "./$rid/cephrbd"
  done
  for file in "$out"/*.deb "$out"/*.tar.gz; do
    sums "$file" "./${file##*/}"
  done
}

packages | jq -s . >"$work/packages.json"
files | jq -s . >"$work/files.json"
hash=$(sha256sum <"$work/files.json" | cut -c 1-32)
jq -n --slurpfile packages "$work/packages.json" --slurpfile files "$work/files.json" \
  --arg version "$CEPHRBD_VERSION" --arg created "$(release_date +%Y-%m-%dT%H:%M:%SZ)" --arg hash "$hash" '
  def id: "SPDXRef-" + gsub("[^A-Za-z0-9.]+"; "-");
  def package_id: "\(.name)-\(.version)" | id;
  def file_id: "file\(.name[1:])" | id;
  {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: "cephrbd-\($version)",
    documentNamespace: "urn:cephrbd:spdx:\($version):\($hash)",
    creationInfo: { created: $created, creators: ["Organization: The cephrbd maintainers", "Tool: deploy/package/sbom.sh"] },
    documentDescribes: ["SPDXRef-cephrbd"],
    packages: ([{
      name: "cephrbd", SPDXID: "SPDXRef-cephrbd", versionInfo: $version, downloadLocation: "NOASSERTION",
      filesAnalyzed: false, licenseConcluded: "Apache-2.0", licenseDeclared: "Apache-2.0",
      copyrightText: "The cephrbd authors", primaryPackagePurpose: "APPLICATION"
    }] + ($packages[0] | map({
      name, SPDXID: package_id, versionInfo: .version, downloadLocation: "NOASSERTION",
      supplier: "Organization: \(.authors)", filesAnalyzed: false,
      licenseConcluded: .licence, licenseDeclared: .licence,
      copyrightText: (if .copyright == "" then "NOASSERTION" else .copyright end),
      checksums: [{ algorithm: "SHA512", checksumValue: .sha512 }],
      externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
        referenceLocator: "pkg:nuget/\(.name)@\(.version)" }]
    }))),
    files: ($files[0] | map({
      fileName: .name, SPDXID: file_id,
      checksums: [{ algorithm: "SHA1", checksumValue: .sha1 }, { algorithm: "SHA256", checksumValue: .sha256 }]
    })),
    relationships: ([{ spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: "SPDXRef-cephrbd" }]
      + ($packages[0] | map(if .role == "STATIC_LINK"
          then { spdxElementId: "SPDXRef-cephrbd", relationshipType: .role, relatedSpdxElement: package_id }
          else { spdxElementId: package_id, relationshipType: .role, relatedSpdxElement: "SPDXRef-cephrbd" } end))
      + ($files[0] | map({ spdxElementId: "SPDXRef-cephrbd", relationshipType: "CONTAINS", relatedSpdxElement: file_id })))
  }' >"$work/$name"
mv "$work/$name" "$out/$name"
step "$name, $(jq '.packages | length' "$out/$name") packages, $(jq '.files | length' "$out/$name") files"
