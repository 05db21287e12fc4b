# shellcheck shell=bash
# What all packages share. Needs common.sh, and root, the project's folder; SOURCE_DATE_EPOCH
# and CEPHRBD_VERSION from the environment.
# shellcheck disable=SC2154

need_environment() {
  [[ ${SOURCE_DATE_EPOCH:-} =~ ^[0-9]+$ ]] || die 'SOURCE_DATE_EPOCH is not set: run ./build.sh package'
  [[ ${CEPHRBD_VERSION:-} =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] ||
    die "CEPHRBD_VERSION is \"${CEPHRBD_VERSION:-}\", not like 1.2.3 or 1.2.3-rc.1: run ./build.sh package"
}

# debian_arch RID
debian_arch() {
  case $1 in
    linux-x64) printf 'amd64\n' ;;
    linux-arm64) printf 'arm64\n' ;;
    *) die "no package is known for $1" ;;
  esac
}

# A release candidate comes before its release, which dpkg's order says by a tilde.
debian_version() {
  printf '%s-1\n' "${CEPHRBD_VERSION/-/\~}"
}

# glibc_floor BINARY: the newest symbol version that it asks for.
glibc_floor() {
  readelf -VW "$1" | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1 | sed 's/^GLIBC_//'
}

# release_date FORMAT: the date of what is packed, the same wherever it is made.
release_date() {
  date -u -d "@$SOURCE_DATE_EPOCH" "$1"
}

# fill FILE: the file with @NAME@ replaced by version, date and the like.
fill() {
  sed -e "s/@VERSION@/$CEPHRBD_VERSION/g" -e "s/@DATE@/$(LC_ALL=C release_date '+%-d %B %Y')/g" "$1"
}

# put MODE FROM TO
put() {
  install -D -m "$1" "$2" "$3"
}

# put_documents DIR: what both the archive and the Debian package have to read.
put_documents() {
  local file
  put 0644 "$root/README.md" "$1/README.md"
  put 0644 "$root/ARCHITECTURE.md" "$1/ARCHITECTURE.md"
  for file in "$root"/docs/*.md; do
    put 0644 "$file" "$1/docs/${file##*/}"
  done
  for file in "$root"/deploy/examples/*; do
    put 0644 "$file" "$1/examples/${file##*/}"
  done
}

# put_scripts DIR: the scripts of the deployment, whole folders, so that each finds its own beside it.
put_scripts() {
  local folder file mode
  for folder in ceph node; do
    [[ -d $root/deploy/$folder ]] || continue
    while IFS= read -r file; do
      mode=0644
      [[ ! -x $file ]] || mode=0755
      put "$mode" "$file" "$1${file#"$root/deploy"}"
    done < <(find "$root/deploy/$folder" -name '*.sh' -type f)
  done
}

# settle DIR: one time for all, so that two builds are the same.
settle() {
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# nuget_folder: where NuGet keeps what it has fetched.
nuget_folder() {
  local folder
  folder=${NUGET_PACKAGES:-$HOME/.nuget/packages}
  [[ -d $folder ]] || die "NuGet's folder of packages, $folder, is not there: run ./build.sh publish, or name it in NUGET_PACKAGES"
  printf '%s\n' "${folder%/}"
}

# runtime_pack RID: the name of .NET's package whose code is in the driver, in lower case; its
# version is that of the compiler in the lock file.
runtime_pack() {
  printf 'microsoft.netcore.app.runtime.nativeaot.%s\n' "$1"
}

compiler_version() {
  jq -re '[.dependencies[]["Microsoft.DotNet.ILCompiler"] | values | .resolved] | unique |
    if length == 1 then .[0] else error("more than one version of the compiler") end' \
    "$root/src/CephRbdDriver/packages.lock.json"
}

# dotnet_notices RID: what .NET itself took from others.
dotnet_notices() {
  local file
  file=$(nuget_folder)/$(runtime_pack "$1")/$(compiler_version)/THIRD-PARTY-NOTICES.TXT
  [[ -s $file ]] || die "there is no $file: run ./build.sh publish"
  printf '%s\n' "$file"
}
