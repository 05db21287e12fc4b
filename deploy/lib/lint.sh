# shellcheck shell=bash
# Checks of the sources' form. Needs common.sh; runs in the root of the project.

source_files() {
  find . \( -name .git -o -name bin -o -name obj -o -path ./artifacts \) -prune -o -type f -print0
}

shell_files() {
  local file first
  while IFS= read -r -d '' file; do
    first=
    [[ $file =~ [.](sh|bats|bash)$ ]] || IFS= read -r -n 64 first <"$file" 2>/dev/null || true
    if [[ $file =~ [.](sh|bats|bash)$ || $first =~ ^'#!'.*[/\ ](ba|da)?sh( |$) ]]; then
      printf '%s\0' "$file"
    fi
  done < <(source_files)
}

# Where packages come from is the machine's setting, not the project's.
no_registry_names() {
  local pattern='nuget[.]org|npmjs[.](org|com)|pypi[.]org|pythonhosted[.]org|crates[.]io|(deb|security|ftp)[.]debian[.]org|archive[.]ubuntu[.]com|rubygems[.]org|proxy[.]golang[.]org|repo[.]maven'
  ! source_files | xargs -0 grep -nIiE "$pattern" /dev/null
}

# lint [--fix]
lint() {
  local bad=0
  local -a files scripts tests verify=(--verify-no-changes) shfmt_mode=(-d)
  case ${1:-} in
    '') ;;
    --fix)
      verify=()
      shfmt_mode=(-w)
      ;;
    *) die "lint: $1 is unknown" ;;
  esac
  mapfile -d '' -t files < <(shell_files)
  step "shellcheck and shfmt, ${#files[@]} files"
  # In tests, code for stubs stands quoted, and variables come from files that bats loads.
  mapfile -d '' -t tests < <(printf '%s\0' "${files[@]}" | grep -zE '[.]bats$' || true)
  mapfile -d '' -t scripts < <(printf '%s\0' "${files[@]}" | grep -zvE '[.]bats$')
  shellcheck -x "${scripts[@]}" || bad=1
  ((${#tests[@]} == 0)) || shellcheck -x -e SC2016,SC2034,SC2154 "${tests[@]}" || bad=1
  shfmt -i 2 -ci "${shfmt_mode[@]}" "${files[@]}" || bad=1
  step 'no package registry is named'
  no_registry_names || bad=1
  step 'dotnet format'
  dotnet format CephRbd.sln "${verify[@]}" || bad=1
  ((bad == 0)) || die 'lint found something'
  step 'lint found nothing'
}
