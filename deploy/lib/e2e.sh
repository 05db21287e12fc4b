# shellcheck shell=bash
# The end-to-end tests: a kubelet from the cache, or built into it, and the driver. Needs common.sh,
# packages.sh, publish.sh, run_limited of test.sh and root, the project's folder.
# shellcheck disable=SC2154

# The last line must be a sum, also where nothing could be run.
finish_e2e() {
  [[ -f $root/artifacts/test/e2e.log && $(tail -n 1 "$root/artifacts/test/e2e.log") =~ ^[0-9]+\ passed,\ [0-9]+\ failed$ ]] ||
    printf '0 passed, 1 failed\n'
}

# run_e2e STAGE…: tests/e2e/run.sh; its last line is the sum.
run_e2e() {
  local log=$root/artifacts/test/e2e.log status=0 limit=$((1200 + 30 * ${CEPHRBD_E2E_KILLS:-4}))
  mkdir -p "${log%/*}"
  rm -f "$log"
  trap finish_e2e EXIT
  need_packages "${packages_lab[@]}" "${packages_e2e[@]}"
  need_dotnet
  "$root/tests/e2e/kubelet.sh" >/dev/null || die 'there is no kubelet to test with: see the lines above'
  publish "$(host_rid)"
  export CEPHRBD_BINARY
  CEPHRBD_BINARY=$root/artifacts/$(host_rid)/cephrbd
  run_limited "$limit" "$root/tests/e2e/run.sh" "$@" </dev/null 2>&1 | tee "$log" || status=$?
  ((status != 124 && status != 137)) || warn "the end-to-end tests ran longer than $limit seconds"
  return "$status"
}
