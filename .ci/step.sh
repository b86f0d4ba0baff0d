# The steps of a check, for `.ci/run` and `.ci/all` to source. Each step counts as one check, and each spec as one.
#
#     step NAME COMMAND…     runs it and shows its output
#     begin NAME COMMAND…    starts it beside what follows; its output waits until it is collected
#     collect NAME           waits for what `begin` started, then shows and counts it
#     finish                 says what failed and ends with the line `N passed, N failed`
scratch="$(mktemp -d)"
# shellcheck disable=SC2046
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$scratch"' EXIT
passed=0
failed=0
failures=()
declare -A begun
CHECKS_STARTED=$SECONDS

# count NAME STATUS SECONDS OUTPUT: adds up what a step has shown.
count() {
  local name="$1" status="$2" seconds="$3" output="$4" specs_passed specs_total
  specs_passed=$(awk '/^ *Passed: /{n+=$2} END{print n+0}' "$output")
  specs_total=$(awk '/^ *Total: /{n+=$2} END{print n+0}' "$output")
  passed=$((passed + specs_passed))
  failed=$((failed + specs_total - specs_passed))
  if [ "$status" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); failures+=("$name"); fi
  printf -- '--- %s: %s in %d s\n' "$name" "$([ "$status" -eq 0 ] && echo passed || echo "FAILED ($status)")" "$seconds"
}

step() {
  local name="$1" started=$SECONDS status
  shift
  printf '\n=== %s\n' "$name"
  "$@" 2>&1 | tee "$scratch/output"
  status=${PIPESTATUS[0]}
  count "$name" "$status" $((SECONDS - started)) "$scratch/output"
}

begin() {
  local name="$1"
  shift
  (
    # Only the shell that sourced this file tidies up.
    trap - EXIT
    started=$SECONDS
    "$@" >"$scratch/$name.output" 2>&1
    status=$?
    echo $((SECONDS - started)) >"$scratch/$name.seconds"
    exit "$status"
  ) &
  begun["$name"]=$!
}

collect() {
  local name="$1" status
  wait "${begun[$name]}"
  status=$?
  printf '\n=== %s (ran beside others)\n' "$name"
  cat "$scratch/$name.output"
  count "$name" "$status" "$(cat "$scratch/$name.seconds")" "$scratch/$name.output"
}

finish() {
  local name
  printf '\n%d s in all\n' $((SECONDS - CHECKS_STARTED))
  for name in "${failures[@]:-}"; do [ -n "$name" ] && echo "failed: $name"; done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
